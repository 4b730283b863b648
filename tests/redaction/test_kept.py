"""What the diagnosis needs is no personal data, and stays as it is."""

from __future__ import annotations

import pytest

from maillogdiag.redaction import RedactionMap, redact_text


@pytest.mark.parametrize(
    "text",
    [
        "535 5.7.8 Error: authentication failed",
        "550-5.7.26 This mail is unauthenticated: https://support.google.com/mail/answer/81126 - gsmtp",
        "Net::SMTPAuthenticationError (535-5.7.8 Username and Password not accepted.",
        "smtplib.SMTPServerDisconnected: Connection unexpectedly closed",
        "relay=smtp.gmail.com[10.0.0.1]:587, delay=1.2, delays=0/0/1/0.2, dsn=4.4.1, status=deferred",
        "Failed to open TCP connection to email-smtp.eu-west-1.amazonaws.com:465",
        "connect to outlook-com.olc.protection.outlook.com[192.168.1.7]:25: Connection timed out",
        "dial tcp 127.0.0.1:25: connect: connection refused",
        "dial tcp [::1]:25: connect: connection refused",
        "listening on [fe80::1]:25 and 172.16.3.4:587",
        "blocked using zen.spamhaus.org",
        "2026-11-20T09:00:00.000Z pid=1 tid=abc class=MailDeliveryJob jid=40a5078b7e7c9b7578b39e40 INFO: done",
        "/usr/lib/ruby/3.1.0/net/smtp.rb:1021:in `check_auth_response'",
        '  File "/usr/lib/python3.11/smtplib.py", line 750, in login',
        "vendor/bundle/ruby/3.2.0/gems/activejob-7.0.8.1/lib/active_job/execution.rb:59:in `perform_now'",
        "activejob (7.0.8.1) lib/active_job/execution.rb:59",
        "/app/vendor/bundle/ruby/3.2.0/gems/devise-4.9.2/app/controllers/devise/confirmations_controller_concern.rb:22",
        "OpenSSL::SSL::SSLError (SSL_connect returned=1 errno=0 state=error: certificate verify failed)",
        "Rails 7.1.3.2, Ruby 3.3.0, Sidekiq 7.2.1, OpenSSL 3.0.13",
        "Job ID: 2b212def-f7ff-40f3-b055-bb088d3b3f97",
        "3C1D8C1D28: from=<>, size=999, nrcpt=1 (queue active)",
        "postfix/smtp[9]: warning: SASL authentication failure: No worthy mechs found",
        "EHLO localhost",
        "fatal: main.cf: unsupported dictionary type, see /etc/postfix/master.cf",
        "SMTP_SERVER=smtp.mailgun.org SMTP_PORT=587 SMTP_AUTH_METHOD=plain SMTP_ENABLE_STARTTLS=auto",
        "334 UGFzc3dvcmQ6",
        "250-AUTH PLAIN LOGIN CRAM-MD5",
        "450 4.2.0 Greylisted... try again",
        "554 5.7.1 Sorry... mail from your host is blocked",
        "554 <ECONNRESET>: closed",
        "Temporary lookup problem: try later",
        "hostname lookup: failed",
        "535 account: locked",
        "Wrong password: EAUTH",
        'password "Username/Password mismatch"',
        "exception: Secret::InvalidKeyError",
        "bad security code 535 5.7.8 no",
    ],
)
def test_kept(text: str) -> None:
    assert text == redact_text(text, RedactionMap())


@pytest.mark.parametrize("provider", ["gmail.com", "outlook.com", "yahoo.co.uk", "gmx.net", "icloud.com", "web.de"])
def test_of_a_recipient_the_mailbox_provider_is_kept(provider: str) -> None:
    assert f"to=<user-1@{provider}>," == redact_text(f"to=<zinnia.quill@{provider}>,", RedactionMap())


@pytest.mark.parametrize("sender", ["noreply", "postmaster", "notifications", "mailer-daemon"])
def test_of_an_address_the_role_is_kept(sender: str) -> None:
    assert f"from=<{sender}@domain-1>" == redact_text(f"from=<{sender}@canaryhost.net>", RedactionMap())


def test_a_message_id_that_begins_as_quoted_printable_s_at_does_is_replaced() -> None:
    assert "id=user-1@domain-1" == redact_text("id=40a5078b7e7c@canaryhost.net", RedactionMap())
