"""Drives the small Zulip: one command a line on standard input.

web TEMPLATE | worker TEMPLATE | internal-error TEMPLATE | test | warn
"""

from __future__ import annotations

import contextlib
import logging
import sys

from django.conf import settings
from zproject.settings import django_settings, set_up_logging

NOREPLY = "noreply-x3v7k2@chat.example.org"


def send_from_web(template: str) -> None:
    from zerver.lib.send_email import EmailNotDeliveredError, send_email

    with contextlib.suppress(EmailNotDeliveredError):  # the page says that the mail could not be sent
        send_email(template, "ada@remote.example.net", NOREPLY, realm="chat", request_ip="192.0.2.44")


def send_with_internal_error(template: str) -> None:
    from zerver.lib.send_email import send_email

    try:
        send_email(template, "ada@remote.example.net", NOREPLY)
    except Exception:
        logging.getLogger("django.request").exception("Internal Server Error: /register/")


def send_from_worker(template: str) -> None:
    from zerver.worker.email_senders import consume_wrapper

    consume_wrapper(
        {
            "template_prefix": template,
            "to_email": "ada@remote.example.net",
            "from_address": NOREPLY,
            "realm": "chat",
            "context": {"referrer_email": "bob@example.org", "url": "https://chat.example.org/join/abcdefabcdef/"},
        }
    )


def send_test(_: str) -> None:
    from django.core.management.base import CommandError
    from zerver.management.commands.send_test_email import handle

    try:
        handle()
    except CommandError as e:
        print(f"CommandError: {e}")


def warn(_: str) -> None:
    logging.getLogger("zulip.ldap").warning("ada: LDAP server unreachable: Connection refused")
    logging.getLogger("zulip.queue").error("Problem connecting to outgoing webhook: Connection refused")
    logging.getLogger("zr").info("192.0.2.44      GET     200  12ms (db: 2ms/3q) /json/messages (10@chat via website)")


COMMANDS = {
    "web": send_from_web,
    "worker": send_from_worker,
    "internal-error": send_with_internal_error,
    "test": send_test,
    "warn": warn,
}


def main() -> None:
    settings.configure(**django_settings())
    set_up_logging()
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        COMMANDS[command](argument)


if __name__ == "__main__":
    main()
