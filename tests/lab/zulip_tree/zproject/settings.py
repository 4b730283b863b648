"""Django's mail settings from the environment, and Zulip's two log formats on its log files."""

from __future__ import annotations

import logging
import os
from pathlib import Path

LOGS = Path(os.environ["LAB_LOGS"])
_SHORT_LEVELS = {"DEBUG": "DEBG", "INFO": "INFO", "WARNING": "WARN", "ERROR": "ERR ", "CRITICAL": "CRIT"}


def django_settings() -> dict[str, object]:
    security = os.environ["EMAIL_SECURITY"]
    return {
        "EMAIL_HOST": os.environ["EMAIL_HOST"],
        "EMAIL_PORT": int(os.environ["EMAIL_PORT"]),
        "EMAIL_HOST_USER": os.environ.get("EMAIL_HOST_USER", ""),
        "EMAIL_HOST_PASSWORD": os.environ.get("EMAIL_HOST_PASSWORD", ""),
        "EMAIL_USE_TLS": security.startswith("starttls"),
        "EMAIL_USE_SSL": security == "implicit",
        "EMAIL_TIMEOUT": 15,
        "LOGGING_CONFIG": None,
        "USE_TZ": True,
    }


class ServerFormatter(logging.Formatter):
    """The format of errors.log, server.log and the console: `time.mmm LEVL [origin] message`."""

    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(short_level)s [%(origin)s] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.short_level = _SHORT_LEVELS[record.levelname]
        record.origin = "" if record.name == "root" else record.name
        return super().format(record)


def set_up_logging() -> None:
    """Write send_email.log (plain format), errors.log and server.log (server format)."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for name, level in (("server.log", logging.INFO), ("errors.log", logging.WARNING)):
        handler = logging.FileHandler(LOGS / name)
        handler.setFormatter(ServerFormatter())
        handler.setLevel(level)
        root.addHandler(handler)
    own = logging.FileHandler(LOGS / "send_email.log")
    own.setFormatter(logging.Formatter("%(asctime)s %(levelname)-8s %(message)s"))
    logging.getLogger("zulip.send_email").addHandler(own)
