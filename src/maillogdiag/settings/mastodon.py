"""Mastodon: `.env.production`, or the same variables in compose.

Since 4.4 announcements and changed terms may go through another server: the same variables with BULK_ before them, if
BULK_SMTP_SERVER is set.

Facts: config/email.yml, lib/mastodon/email_configuration_helper.rb and config/environments/production.rb.
"""

from __future__ import annotations

from collections.abc import Set

from maillogdiag.settings.application import Application, Fields, value_of
from maillogdiag.settings.model import Behaviour, Field

_CONTAINERS = ("db", "redis", "postgres")


def _behaviour(fields: Fields, forms: Set[str]) -> Behaviour:
    starttls = value_of(fields, Field.STARTTLS)
    tls = _encrypts(fields)
    no_starttls = starttls == "never" or (not starttls and value_of(fields, Field.STARTTLS_AUTO) == "false")
    login = value_of(fields, Field.LOGIN)
    return Behaviour(
        tls=tls,
        starttls=starttls in ("always", "auto"),
        in_clear=no_starttls and tls is False,
        # Since 4.4.2 an empty SMTP_LOGIN is a login, too.
        logs_in=False if login == "none" else True if Field.USER in fields else None,
        uses_smtp=value_of(fields, Field.METHOD) in ("", "smtp"),
        verifies=value_of(fields, Field.VERIFY) != "none",
        in_container="compose" in forms or value_of(fields, Field.NEIGHBOUR) in _CONTAINERS,
    )


def _encrypts(fields: Fields) -> bool | None:
    """Any other value than "true", "True" as well, counts as no."""
    values = [fields[field].value for field in (Field.TLS, Field.SSL) if field in fields]
    return "true" in values or (None if None in values else False)


MASTODON = Application(
    name="mastodon",
    keys={
        "SMTP_SERVER": Field.SERVER,
        "SMTP_PORT": Field.PORT,
        "SMTP_LOGIN": Field.USER,
        "SMTP_PASSWORD": Field.PASSWORD,
        "SMTP_AUTH_METHOD": Field.LOGIN,
        "SMTP_FROM_ADDRESS": Field.SENDER,
        "SMTP_TLS": Field.TLS,
        "SMTP_SSL": Field.SSL,
        "SMTP_ENABLE_STARTTLS": Field.STARTTLS,
        "SMTP_ENABLE_STARTTLS_AUTO": Field.STARTTLS_AUTO,
        "SMTP_OPENSSL_VERIFY_MODE": Field.VERIFY,
        "SMTP_DELIVERY_METHOD": Field.METHOD,
        "SMTP_DOMAIN": Field.HELO,
        "SMTP_CA_FILE": Field.AUTHORITIES,
        "LOCAL_DOMAIN": Field.SIGN,
        "DB_HOST": Field.NEIGHBOUR,
    },
    signs=("SMTP_SERVER", "SMTP_LOGIN", "SMTP_AUTH_METHOD", "SMTP_ENABLE_STARTTLS", "LOCAL_DOMAIN"),
    places=("/home/mastodon/live/.env.production", "/opt/mastodon/.env.production"),
    behaviour=_behaviour,
)

_SHARED = ("SMTP_DELIVERY_METHOD", "SMTP_FROM_ADDRESS")

MASTODON_BULK = Application(
    name="mastodon",
    keys={
        "DB_HOST": Field.NEIGHBOUR,
        **{
            f"BULK_{name}": field
            for name, field in MASTODON.keys.items()
            if name.startswith("SMTP_") and name not in _SHARED
        },
    },
    signs=("BULK_SMTP_SERVER",),
    places=(),
    behaviour=_behaviour,
    prefix="BULK_",
)
