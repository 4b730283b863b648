"""Sends one mail and logs it as Zulip does: an attempt before, an error with trace and stack after."""

from __future__ import annotations

import logging
import os
import smtplib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

logger = logging.getLogger("zulip.send_email")

# Up to 9.x an OSError (refused, DNS, TLS, time-out) went past this logger.
_LOGGED = smtplib.SMTPException if "LAB_ZULIP_9" in os.environ else (smtplib.SMTPException, OSError)


class EmailNotDeliveredError(Exception):
    pass


def send_email(template: str, recipient: str, sender: str, realm: str = "", request_ip: str = "") -> None:
    mail = EmailMultiAlternatives("Welcome", "Hello\n", sender, [recipient])
    if settings.EMAIL_HOST_USER and not settings.EMAIL_HOST_PASSWORD:
        logger.error(
            "An SMTP username was set (EMAIL_HOST_USER), but password is unset (EMAIL_HOST_PASSWORD).  "
            "To disable SMTP authentication, set EMAIL_HOST_USER to an empty string."
        )
    cause = f" (triggered from {request_ip})" if request_ip else ""
    logger.info("Sending %s email to %s%s%s", template, mail.to, f" in {realm}" if realm else "", cause)
    try:
        if get_connection().send_messages([mail]) == 0:
            logger.error("Unknown error sending %s email to %s", template, mail.to)
            raise EmailNotDeliveredError
    except smtplib.SMTPResponseException as e:
        logger.exception(
            "Error sending %s email to %s with error code %s: %s",
            template,
            mail.to,
            e.smtp_code,
            e.smtp_error,
            stack_info=True,
        )
        raise EmailNotDeliveredError from e
    except _LOGGED as e:
        logger.exception("Error sending %s email to %s: %s", template, mail.to, e, stack_info=True)
        raise EmailNotDeliveredError from e
