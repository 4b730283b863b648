"""`manage.py send_test_email`: two mails, and smtplib's transcript when SMTP refuses one."""

from __future__ import annotations

import contextlib
import io
import smtplib
from unittest import mock

from django.core.mail import get_connection, send_mail
from django.core.management.base import CommandError

TO = "admin@remote.example.net"
SENDERS = ("support@chat.example.org", "noreply-x3v7k2@chat.example.org")


def handle() -> None:
    transcript = io.StringIO()
    print("If you run into any trouble, read:\n")
    print("  https://zulip.readthedocs.io/en/latest/production/email.html#troubleshooting\n")
    print("The most common error is not setting `ADD_TOKENS_TO_NOREPLY_ADDRESS=False` when")
    print("using an email provider that doesn't support that feature.\n")
    print("Sending 2 test emails from:")
    connection = get_connection()
    try:
        with contextlib.redirect_stderr(transcript), mock.patch.object(smtplib.SMTP, "debuglevel", 1):
            for sender in SENDERS:
                print(f"  * {sender}")
                send_mail("Zulip email test", "Success!", sender, [TO], connection=connection)
    except smtplib.SMTPException as e:
        print(f"Failed to send mails: {e}\n\nFull SMTP log follows:\n{transcript.getvalue()}")
        raise CommandError("Email sending failed!") from e
    print(f"\nSuccessfully sent 2 emails to {TO}!")
