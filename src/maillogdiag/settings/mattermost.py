"""Mattermost: `EmailSettings` of config.json, or the variables that override it.

Facts: server/public/model/config.go, platform/shared/mail/mail.go.
"""

from __future__ import annotations

from collections.abc import Set

from maillogdiag.settings.application import Application, Fields, is_true, value_of
from maillogdiag.settings.model import Behaviour, Field


def _behaviour(fields: Fields, forms: Set[str]) -> Behaviour:
    mode = value_of(fields, Field.TLS)
    is_known = Field.TLS in fields and fields[Field.TLS].value is not None
    return Behaviour(
        tls=mode == "tls" if is_known else None,
        starttls=mode == "starttls" if is_known else None,
        in_clear=not mode if is_known else None,
        logs_in=is_true(fields, Field.LOGIN) if Field.LOGIN in fields else None,
        sends=is_true(fields, Field.SWITCH) if Field.SWITCH in fields else None,
        verifies=not is_true(fields, Field.VERIFY),
        has_main_file="json" in forms or Field.SERVER in fields,
        has_password_file="json" in forms or Field.PASSWORD in fields,
        in_container="compose" in forms,
    )


_NAMES = {
    "SMTPServer": Field.SERVER,
    "SMTPPort": Field.PORT,
    "SMTPUsername": Field.USER,
    "SMTPPassword": Field.PASSWORD,
    "EnableSMTPAuth": Field.LOGIN,
    "FeedbackEmail": Field.SENDER,
    "ConnectionSecurity": Field.TLS,
    "SkipServerCertificateVerification": Field.VERIFY,
    "SendEmailNotifications": Field.SWITCH,
    "ReplyToAddress": Field.REPLY_TO,
    "EnableEmailBatching": Field.BATCHING,
    "SMTPServerTimeout": Field.TIMEOUT,
}

_KEYS = {
    **{f"EmailSettings.{name}": field for name, field in _NAMES.items()},
    **{f"MM_EMAILSETTINGS_{name.upper()}": field for name, field in _NAMES.items()},
}

MATTERMOST = Application(
    name="mattermost",
    keys=_KEYS,
    signs=tuple(_KEYS),
    places=("/opt/mattermost/config/config.json",),
    behaviour=_behaviour,
)
