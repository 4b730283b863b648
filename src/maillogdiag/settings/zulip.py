"""Zulip: settings.py and zulip-secrets.conf, or the variables of docker-zulip.

Facts: zproject/computed_settings.py, docs/production/email.md, and docker-zulip's entrypoint.sh.
"""

from __future__ import annotations

from collections.abc import Set

from maillogdiag.settings.application import Application, Fields, is_true, value_of
from maillogdiag.settings.model import Behaviour, Field


def _behaviour(fields: Fields, forms: Set[str]) -> Behaviour:
    tls, starttls = is_true(fields, Field.TLS), is_true(fields, Field.STARTTLS)
    backend = value_of(fields, Field.METHOD)
    return Behaviour(
        tls=tls,
        starttls=starttls,
        in_clear=None if tls is None or starttls is None else not tls and not starttls,
        uses_smtp=not backend or "smtp" in backend,
        has_main_file=not fields.keys().isdisjoint((Field.SERVER, Field.SIGN)),
        has_password_file="ini" in forms or Field.PASSWORD in fields,
        in_container="compose" in forms,
    )


def _is_excerpt(form: str, keys: Set[str]) -> bool:
    """Whether a part of a settings.py may be Zulip's: other Django projects have their password in it."""
    return form == "python" and "email_host" in keys and "email_host_password" not in keys


_NAMES = {
    "EMAIL_HOST": Field.SERVER,
    "EMAIL_PORT": Field.PORT,
    "EMAIL_HOST_USER": Field.USER,
    "EMAIL_HOST_PASSWORD": Field.MISPLACED_PASSWORD,
    "NOREPLY_EMAIL_ADDRESS": Field.SENDER,
    "EMAIL_USE_SSL": Field.TLS,
    "EMAIL_USE_TLS": Field.STARTTLS,
    "EMAIL_BACKEND": Field.METHOD,
    "ADD_TOKENS_TO_NOREPLY_ADDRESS": Field.SENDER_TOKENS,
    "ZULIP_ADMINISTRATOR": Field.ADMINISTRATOR,
    "EXTERNAL_HOST": Field.SIGN,
}

ZULIP = Application(
    name="zulip",
    keys={
        **_NAMES,
        "email_password": Field.PASSWORD,
        **{f"SETTING_{name}": field for name, field in _NAMES.items()},
        "SECRETS_email_password": Field.PASSWORD,
        "ZULIP__EMAIL_PASSWORD": Field.PASSWORD,
        "/run/secrets/zulip__email_password": Field.PASSWORD,
        "email_host_password": Field.MISPLACED_PASSWORD,
    },
    signs=(
        "EXTERNAL_HOST",
        "SETTING_EXTERNAL_HOST",
        "SETTING_EMAIL_HOST",
        "SECRETS_email_password",
        "ZULIP__EMAIL_PASSWORD",
        "email_password",
        "ZULIP_ADMINISTRATOR",
        "zulip_org_key",
        "avatar_salt",
    ),
    places=("/etc/zulip/settings.py", "/etc/zulip/zulip-secrets.conf"),
    behaviour=_behaviour,
    is_excerpt=_is_excerpt,
)
