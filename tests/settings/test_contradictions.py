"""What is wrong with settings is named; what is right, or cannot be known, is not."""

from __future__ import annotations

import json

import pytest

from maillogdiag.rulebase import load_rules
from maillogdiag.settings.contradictions import NAMES, contradictions_of
from maillogdiag.settings.model import Field
from maillogdiag.settings.reading import read_text


def wrong(text: str) -> list[str]:
    return [one.name for settings in read_text(text) for one in contradictions_of(settings)]


def mastodon(*lines: str) -> str:
    return "\n".join(["SMTP_SERVER=mail.example.org", *lines])


def login(password: str) -> str:
    return mastodon("SMTP_LOGIN=me@example.org", f"SMTP_PASSWORD={password}")


def zulip(*lines: str) -> str:
    return "\n".join(["EXTERNAL_HOST = 'chat.example.org'", "EMAIL_HOST = 'mail.example.org'", *lines])


def mattermost(**settings: object) -> str:
    return json.dumps({"EmailSettings": {"SMTPServer": "mail.example.org", **settings}})


def nextcloud(**settings: str) -> str:
    lines = "".join(
        f"'{key}' => {value},\n" for key, value in {"mail_smtphost": "'mail.example.org'", **settings}.items()
    )
    return f"<?php\n$CONFIG = array (\n'instanceid' => 'oc1',\n{lines});\n"


def image(*lines: str) -> str:
    """The environment of Nextcloud's Docker image."""
    sender = "MAIL_FROM_ADDRESS=cloud\nMAIL_DOMAIN=example.org"
    return "\n".join(["NEXTCLOUD_TRUSTED_DOMAINS=x", "SMTP_HOST=mail.example.org", sender, *lines])


def nethserver(*lines: str) -> str:
    return "\n".join(["SMTP_ENABLED=1", "SMTP_HOST=mail.example.org", *lines])


BOTH_WAYS = [
    ("no-server", "LOCAL_DOMAIN=example.org", mastodon()),
    ("no-server", "EXTERNAL_HOST = 'x'\nEMAIL_HOST = ''", "EXTERNAL_HOST = 'x'\nEMAIL_HOST = f()"),
    ("no-server", mattermost(SMTPServer=""), "MM_EMAILSETTINGS_SMTPPORT=587"),
    ("no-server", "<?php $CONFIG = ['instanceid' => 'x'];", nextcloud()),
    ("mail-switched-off", mattermost(SendEmailNotifications=False), mattermost(SendEmailNotifications=True)),
    ("mail-switched-off", "SMTP_ENABLED=\nSMTP_HOST=x", nethserver()),
    ("not-heeded", "NEXTCLOUD_TRUSTED_DOMAINS=x\nSMTP_HOST=y\nMAIL_DOMAIN=example.org", image()),
    ("not-heeded", image("MAIL_FROM_ADDRESS="), image("MAIL_FROM_ADDRESS=notifications")),
    ("not-smtp", mastodon("SMTP_DELIVERY_METHOD=file"), mastodon("SMTP_DELIVERY_METHOD=smtp")),
    ("not-smtp", zulip("EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'"),
     zulip("EMAIL_BACKEND = 'django.core.mail.backends.smtp.EmailBackend'")),
    ("not-smtp", nextcloud(mail_smtpmode="'null'"), nextcloud(mail_smtpmode="'sendmail'")),
    ("tls-and-starttls", mastodon("SMTP_SSL=true", "SMTP_ENABLE_STARTTLS=always"),
     mastodon("SMTP_SSL=true", "SMTP_ENABLE_STARTTLS=never")),
    ("tls-and-starttls", zulip("EMAIL_USE_TLS = True", "EMAIL_USE_SSL = True"), zulip("EMAIL_USE_TLS = True")),
    ("port-465-without-tls", mastodon("SMTP_PORT=465", "SMTP_TLS=True"), mastodon("SMTP_PORT=465", "SMTP_TLS=true")),
    ("port-465-without-tls", zulip("EMAIL_PORT = 465"), zulip("EMAIL_PORT = 465", "EMAIL_USE_SSL = on()")),
    ("port-465-without-tls", mattermost(SMTPPort="465", ConnectionSecurity="STARTTLS"),
     mattermost(SMTPPort="465", ConnectionSecurity="TLS")),
    ("port-465-without-tls", nextcloud(mail_smtpport="465", version="'25.0.1.1'"),
     nextcloud(mail_smtpport="465", version="'26.0.1.1'")),
    ("port-465-without-tls", nethserver("SMTP_PORT=465", "SMTP_ENCRYPTION=starttls"),
     nethserver("SMTP_PORT=465", "SMTP_ENCRYPTION=tls", "SMTP_FROM_ADDRESS=voice@example.org")),
    ("port-465-without-tls", mastodon("BULK_SMTP_SERVER=x", "BULK_SMTP_PORT=465", "SMTP_TLS=true"),
     mastodon("BULK_SMTP_PORT=465")),
    ("port-587-with-tls", image("SMTP_PORT=587", "SMTP_SECURE=ssl"), image("SMTP_PORT=587", "SMTP_SECURE=tls")),
    ("port-587-with-tls", mastodon("SMTP_PORT=587", "SMTP_TLS=true"), mastodon("SMTP_PORT=587", "SMTP_TLS=false")),
    ("port-587-with-tls", nextcloud(mail_smtpport="587", mail_smtpsecure="'ssl'"), nextcloud(mail_smtpport="587")),
    ("port-25-with-tls", zulip("EMAIL_PORT = 25", "EMAIL_USE_SSL = True"), zulip("EMAIL_PORT = 25")),
    ("port-25-with-tls", nethserver("SMTP_PORT=25", "SMTP_ENCRYPT=tls"),
     nethserver("SMTP_PORT=25", "SMTP_ENCRYPT=none")),
    ("port-587-in-clear", mattermost(SMTPPort="587", ConnectionSecurity=""), mattermost(SMTPPort="587")),
    ("port-587-in-clear", mastodon("SMTP_PORT=587", "SMTP_ENABLE_STARTTLS_AUTO=false"), mastodon("SMTP_PORT=587")),
    ("user-without-password", mastodon("SMTP_LOGIN=me"), mastodon("SMTP_LOGIN=me", "SMTP_AUTH_METHOD=none")),
    ("user-without-password", mattermost(SMTPUsername="me", SMTPPassword="", EnableSMTPAuth=True),
     "MM_EMAILSETTINGS_SMTPUSERNAME=me"),
    ("user-without-password", nextcloud(mail_smtpname="'me'", mail_smtpauth="true"),
     nextcloud(mail_smtpname="'me'", mail_smtpauth="true", mail_smtppassword="getenv('P')")),
    ("user-without-password", image("SMTP_NAME=me"), image("SMTP_NAME=me", "SMTP_PASSWORD_FILE=/run/secrets/mail")),
    ("user-without-password", mastodon("BULK_SMTP_SERVER=x", "BULK_SMTP_LOGIN=me", "SMTP_PASSWORD=u7kd"),
     mastodon("BULK_SMTP_SERVER=x", "BULK_SMTP_LOGIN=me", "BULK_SMTP_PASSWORD=u7kd")),
    ("password-without-user", mastodon("SMTP_PASSWORD=u7kd"), mastodon("SMTP_LOGIN=me", "SMTP_PASSWORD=u7kd")),
    ("password-without-user", mattermost(SMTPPassword="u7kd"), "[secrets]\nemail_password = u7kd"),
    ("login-without-user", mastodon("SMTP_LOGIN="), mastodon()),
    ("login-without-user", nextcloud(mail_smtpauth="1"), nextcloud(mail_smtpauth="false")),
    ("login-switched-off", mastodon("SMTP_LOGIN=me", "SMTP_PASSWORD=u7kd", "SMTP_AUTH_METHOD=none"), login("u7kd")),
    ("login-switched-off", nextcloud(mail_smtpname="'me'", mail_smtppassword="'u7kd'"),
     nextcloud(mail_smtpname="'me'", mail_smtppassword="'u7kd'", mail_smtpauth="true")),
    ("misplaced-password", zulip("EMAIL_HOST_PASSWORD = 'u7kd'"), zulip("EMAIL_HOST_PASSWORD = ''")),
    ("misplaced-password", "[secrets]\navatar_salt = x\nemail_host_password = u7kd",
     "[secrets]\nemail_password = u7kd"),
    ("foreign-sender", mastodon("SMTP_LOGIN=me@gmail.com", "SMTP_FROM_ADDRESS=no-reply@example.org"),
     mastodon("SMTP_LOGIN=me@gmail.com", "SMTP_FROM_ADDRESS=Us <me@GMail.com>")),
    ("foreign-sender", nextcloud(mail_smtpname="'me@web.de'", mail_from_address="'cloud'", mail_domain="'example.org'"),
     nextcloud(mail_smtpname="'me@example.org'", mail_from_address="'cloud'", mail_domain="'example.net'")),
    ("localhost-in-container", "services:\n a:\n  environment:\n   SMTP_SERVER: 127.0.0.1", "SMTP_SERVER=127.0.0.1"),
    ("localhost-in-container", "SMTP_SERVER=localhost\nDB_HOST=db", "SMTP_SERVER=localhost\nDB_HOST=/run/postgresql"),
    ("localhost-in-container", image("SMTP_HOST=localhost"), "MAIL_DOMAIN=x\nLOCAL_DOMAIN=y\nSMTP_SERVER=localhost"),
    ("localhost-in-container", "web:\n  image: x\n  environment:\n    SMTP_SERVER: localhost",
     "web:\n  image: x\n  environment:\n    SMTP_SERVER: mail"),
    ("verification-off", mastodon("SMTP_OPENSSL_VERIFY_MODE=none"), mastodon("SMTP_OPENSSL_VERIFY_MODE=peer")),
    ("verification-off", mattermost(SkipServerCertificateVerification=True),
     mattermost(SkipServerCertificateVerification=False)),
    ("verification-off", nextcloud(mail_smtpstreamoptions="['ssl' => ['allow_self_signed' => true]]"),
     nextcloud(mail_smtpstreamoptions="['ssl' => ['cafile' => '/x']]")),
    ("verification-off", nethserver("SMTP_TLSVERIFY="), nethserver("SMTP_TLSVERIFY=1")),
    ("verification-off", nethserver("SMTP_TLSVERIFY="), "SMTP_SERVER=localhost\nSMTP_OPENSSL_VERIFY_MODE=none"),
    ("password-with-blank", login("' u7kd'"), login("u7kd")),
    ("password-with-quotes", "[secrets]\navatar_salt = x\nemail_password = \"u7kd\"", login('"u7kd"')),
    ("password-unquoted", login('"u7$kd"'), login('"u7#kd"')),
    ("password-unquoted", login("u7#kd"), login("u7kd # the new one")),
    ("password-unquoted", "services:\n a:\n  environment:\n   SMTP_SERVER: x\n   SMTP_PASSWORD: u7$kd",
     "services:\n a:\n  environment:\n   SMTP_SERVER: x\n   SMTP_PASSWORD: u7$$kd"),
    ("password-is-placeholder", login("<your password>"), login("passwordu7kd")),
    ("password-is-placeholder", login("your_email_app_password"), login("yourpasswordis7")),
    ("password-spaced", login("'abcd efgh ijkl mnop'"), login("'correct horse battery staple'")),
    ("password-spaced", "[secrets]\nemail_password = 'abcd efgh ijkl mnop'", "[secrets]\nemail_password = abcdefgh"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "bad", "good"), BOTH_WAYS)
def test_what_is_wrong_is_found_and_what_is_right_is_not(name: str, bad: str, good: str) -> None:
    assert name in wrong(bad)
    assert name not in wrong(good)


def test_every_contradiction_is_tried_here_and_has_a_rule() -> None:
    assert NAMES == {name for name, _, _ in BOTH_WAYS}
    assert NAMES == {name for rule in load_rules().rules for name in rule.when.setting}


@pytest.mark.parametrize(
    "text",
    [
        mastodon("SMTP_PORT=587", "SMTP_LOGIN=me", "SMTP_PASSWORD='u7kd'", "SMTP_ENABLE_STARTTLS=auto"),
        mastodon("SMTP_PORT=25", "SMTP_AUTH_METHOD=none", "SMTP_OPENSSL_VERIFY_MODE=peer"),
        "LOCAL_DOMAIN=example.org\nSMTP_DELIVERY_METHOD=sendmail",
        zulip("EMAIL_PORT = 587", "EMAIL_USE_TLS = True", "EMAIL_HOST_USER = 'me'"),
        mattermost(ConnectionSecurity="STARTTLS", EnableSMTPAuth=True, SMTPUsername="me", SMTPPassword="x7"),
        nextcloud(mail_smtpport="587", mail_smtpauth="true", mail_smtpname="'me'", mail_smtppassword="'u7kd'"),
        nethserver("SMTP_PORT=587", "SMTP_ENCRYPTION=starttls", "SMTP_USERNAME=me"),
        nethserver("SMTP_FROM_ADDRESS=voice@example.org", "SMTP_USERNAME=me", "SMTP_PASSWORD=u7kd"),
    ],
)  # fmt: skip
def test_good_settings_have_nothing_wrong(text: str) -> None:
    assert [] == wrong(text)


def test_a_password_is_kept_nowhere() -> None:
    (settings,) = read_text(login(" 'u7kd$canary'"))

    assert "canary" not in repr(settings)
    assert "(set)" == settings.entry(Field.PASSWORD).value
