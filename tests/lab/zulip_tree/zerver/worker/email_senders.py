"""The worker of the queue email_senders: four tries at once, then the mail is lost."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from zerver.lib.send_email import EmailNotDeliveredError, send_email

MAX_REQUEST_RETRIES = 3
_RETRIED = (socket.gaierror, TimeoutError, EmailNotDeliveredError)


def consume(event: dict[str, Any]) -> None:
    while True:
        try:
            send_email(event["template_prefix"], event["to_email"], event["from_address"], event["realm"])
        except _RETRIED as e:
            event["failed_tries"] = event.get("failed_tries", 0) + 1
            if event["failed_tries"] > MAX_REQUEST_RETRIES:
                logging.exception("Event %r failed due to exception %s", event, e.__class__.__name__, stack_info=True)
                return
        else:
            return


def consume_wrapper(event: dict[str, Any]) -> None:
    try:
        consume(event)
    except Exception:
        logging.exception(
            "Problem handling data on queue %s", os.environ.get("LAB_QUEUE", "email_senders"), stack_info=True
        )
