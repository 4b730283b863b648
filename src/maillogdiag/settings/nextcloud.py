"""Nextcloud: config.php, or the variables of its Docker image.

Facts: lib/private/Mail/Mailer.php and config/config.sample.php; Symfony's EsmtpTransport for ports without a mode;
.config/smtp.config.php of the image, which heeds its variables only where server and both parts of the sender are set.
"""

from __future__ import annotations

from collections.abc import Set

from maillogdiag.settings.application import Application, Fields, is_true, value_of
from maillogdiag.settings.model import Behaviour, Field

_SYMFONY_SINCE = 26
_CONTAINERS = ("db", "database", "mariadb", "mysql", "postgres", "nextcloud-db")


def _behaviour(fields: Fields, forms: Set[str]) -> Behaviour:
    if "php" not in forms:
        return _behaviour_of_image(fields)
    mode, version = value_of(fields, Field.TLS), value_of(fields, Field.VERSION).partition(".")[0]
    is_old = version.isdecimal() and int(version) < _SYMFONY_SINCE
    # Since 26 port 465 begins with TLS by itself, and other ports use STARTTLS where the server offers it.
    tls = mode == "ssl" or (not is_old and value_of(fields, Field.PORT) == "465")
    return Behaviour(
        tls=tls,
        starttls=is_old and mode == "tls",
        in_clear=is_old and not mode,
        logs_in=is_true(fields, Field.LOGIN),
        uses_smtp=value_of(fields, Field.METHOD) in ("", "smtp"),
        verifies=value_of(fields, Field.VERIFY) != "false" and value_of(fields, Field.VERIFY_OTHERWISE) != "true",
        in_container="compose" in forms or value_of(fields, Field.NEIGHBOUR) in _CONTAINERS,
    )


def _behaviour_of_image(fields: Fields) -> Behaviour:
    mode = value_of(fields, Field.TLS)
    port = value_of(fields, Field.PORT) or ("465" if mode else "25")
    needed = (Field.SERVER, Field.SENDER, Field.SENDER_DOMAIN)
    is_given = [field in fields and fields[field].value != "" for field in needed]
    return Behaviour(
        tls=mode == "ssl" or port == "465",
        starttls=False,  # by itself, where the server offers it
        in_clear=False,
        # With name and password it logs in, without one of them it does not.
        logs_in=None,
        has_main_file=False,
        has_password_file=is_given[0],
        heeds=all(is_given) or not is_given[0],
        in_container=True,
    )


NEXTCLOUD = Application(
    name="nextcloud",
    keys={
        "mail_smtphost": Field.SERVER,
        "mail_smtpport": Field.PORT,
        "mail_smtpname": Field.USER,
        "mail_smtppassword": Field.PASSWORD,
        "mail_smtpauth": Field.LOGIN,
        "mail_from_address": Field.SENDER,
        "mail_domain": Field.SENDER_DOMAIN,
        "mail_smtpsecure": Field.TLS,
        "mail_smtpstreamoptions.ssl.verify_peer": Field.VERIFY,
        "mail_smtpstreamoptions.ssl.allow_self_signed": Field.VERIFY_OTHERWISE,
        "mail_smtpmode": Field.METHOD,
        "instanceid": Field.SIGN,
        "dbhost": Field.NEIGHBOUR,
        "version": Field.VERSION,
        "SMTP_HOST": Field.SERVER,
        "SMTP_PORT": Field.PORT,
        "SMTP_NAME": Field.USER,
        "SMTP_PASSWORD": Field.PASSWORD,
        "SMTP_SECURE": Field.TLS,
        "MAIL_FROM_ADDRESS": Field.SENDER,
        "MAIL_DOMAIN": Field.SENDER_DOMAIN,
    },
    signs=(
        "instanceid",
        "mail_smtphost",
        "mail_smtpmode",
        "passwordsalt",
        # of its image; SMTP_HOST and its like are many applications'
        "NEXTCLOUD_TRUSTED_DOMAINS",
        "NEXTCLOUD_ADMIN_USER",
        "NEXTCLOUD_DATA_DIR",
        "SMTP_AUTHTYPE",
        "MAIL_DOMAIN",
    ),
    places=(
        "/var/www/nextcloud/config/config.php",
        "/var/www/html/nextcloud/config/config.php",
        "/var/www/html/config/config.php",
        "/etc/nextcloud/config.php",
        "/var/snap/nextcloud/current/nextcloud/config/config.php",
    ),
    behaviour=_behaviour,
)
