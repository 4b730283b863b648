"""Settings files of each kind are read as data, and bad ones are named with what to do."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillogdiag.errors import SourceError
from maillogdiag.settings.contradictions import contradictions_of
from maillogdiag.settings.files import FORMS
from maillogdiag.settings.model import Field, Settings
from maillogdiag.settings.reading import read_settings, read_text

ENV = """\
# SMTP_PORT=25
LOCAL_DOMAIN=social.example.org
export SMTP_SERVER = mail.example.org
SMTP_PORT="587"  # STARTTLS
SMTP_LOGIN='me@example.org'
SMTP_FROM_ADDRESS=Mastodon <notifications@example.org>
SMTP_TLS=
"""
ZULIP = """\
from typing import Any
EXTERNAL_HOST = "chat.example.org"
# EMAIL_HOST = 'old.example.org'
EMAIL_HOST = 'mail.example.org'
EMAIL_PORT: int = 465
EMAIL_USE_SSL = True
EMAIL_HOST_USER = None
NOREPLY_EMAIL_ADDRESS = "noreply@" + EXTERNAL_HOST
if EXTERNAL_HOST:
    EMAIL_BACKEND = "x"
"""
MATTERMOST = json.dumps(
    {
        "SqlSettings": {"SMTPPort": "1"},
        "EmailSettings": {"SMTPServer": "mail.example.org", "SMTPPort": "587", "SendEmailNotifications": True},
    },
    indent=4,
)
NEXTCLOUD = r"""<?php
$CONFIG = array (
  'instanceid' => 'oc1234',   // a comment, with ' in it
  /* 'mail_smtphost' => 'old', */
  'trusted_domains' => array ( 0 => 'cloud.example.org', 1 => 'mail_smtphost', ),
  'mail_smtphost' => 'o\'brien.example.org',
  'mail_smtpport' => 587,
  'mail_smtpauth' => true,
  'mail_smtpname' => getenv('MAIL_USER', 'mail_smtpport'),
  'mail_smtpstreamoptions' => ['ssl' => ['verify_peer' => false, 'allow_self_signed' => true]],
  'version' => '29.0.1.1',
);
"""
COMPOSE = """\
x-common: &common
  SETTING_EMAIL_PORT: 465
services:
  zulip:
    environment:
      <<: *common
      SETTING_EXTERNAL_HOST: chat.example.org
      SETTING_EMAIL_HOST: ${MAIL_HOST}
      SETTING_EMAIL_USE_SSL: "True"
      SETTING_EMAIL_HOST_USER:
  other:
    environment:
      - MM_EMAILSETTINGS_SMTPSERVER=mail.example.org
      - MM_EMAILSETTINGS_SMTPPORT="587"
"""


def only(text: str) -> Settings:
    (settings,) = read_text(text)
    return settings


def shown(settings: Settings) -> dict[Field, tuple[int, str]]:
    return {field: (entry.line, entry.shown) for field, entry in settings.entries.items()}


def test_an_env_file() -> None:
    settings = only(ENV)

    assert "mastodon" == settings.app
    assert {
        Field.SIGN: (2, "social.example.org"),
        Field.SERVER: (3, "mail.example.org"),
        Field.PORT: (4, "587"),
        Field.USER: (5, "me@example.org"),
        Field.SENDER: (6, "notifications@example.org"),
        Field.TLS: (7, "(empty)"),
    } == shown(settings)


def test_zulips_settings_are_read_and_what_is_computed_is_not_guessed() -> None:
    settings = only(ZULIP)

    assert "zulip" == settings.app
    assert {
        Field.SIGN: (2, "chat.example.org"),
        Field.SERVER: (4, "mail.example.org"),
        Field.PORT: (5, "465"),
        Field.TLS: (6, "true"),
        Field.USER: (7, "(empty)"),
        Field.SENDER: (8, "(computed)"),
        Field.METHOD: (10, "(computed)"),
    } == shown(settings)


def test_mattermosts_settings_are_those_of_the_section_about_mail() -> None:
    settings = only(MATTERMOST)

    assert "mattermost" == settings.app
    assert (7, "587") == shown(settings)[Field.PORT]
    assert "true" == settings.value(Field.SWITCH)


def test_nextclouds_settings_are_read_without_php() -> None:
    known = shown(only(NEXTCLOUD))

    assert (6, "o'brien.example.org") == known[Field.SERVER]
    assert (7, "587") == known[Field.PORT]
    assert "(computed)" == known[Field.USER][1]
    assert "false" == known[Field.VERIFY][1]
    assert "true" == known[Field.VERIFY_OTHERWISE][1]


def test_a_compose_file_hands_variables_to_several_applications() -> None:
    zulip, mattermost = read_text(COMPOSE)

    assert "465" == zulip.value(Field.PORT)
    assert (9, "True") == shown(zulip)[Field.TLS]
    assert "(computed)" == zulip.entry(Field.SERVER).shown
    assert "(computed)" == zulip.entry(Field.USER).shown
    assert zulip.behaviour.in_container
    assert (14, '"587"') == shown(mattermost)[Field.PORT]


def test_the_env_files_that_a_compose_file_names_are_read(tmp_path: Path) -> None:
    (tmp_path / ".env.production").write_text("SMTP_SERVER=localhost\n")
    compose = tmp_path / "docker-compose.yml"
    compose.write_text(
        "services:\n  web:\n    env_file: .env.production\n  other:\n    env_file:\n      - path: no.env\n"
    )

    (settings,) = read_settings([str(compose)]).settings

    assert "localhost" == settings.value(Field.SERVER)
    assert ["localhost-in-container"] == [one.name for one in contradictions_of(settings)]


def test_zulips_password_file_beside_the_settings_is_read(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        "EXTERNAL_HOST = 'x'\nEMAIL_HOST = 'mail.example.org'\nEMAIL_HOST_USER = 'me'\n"
    )
    (tmp_path / "zulip-secrets.conf").write_text("[secrets]\n# email_password = no\nemail_password = 100%sure\n")

    configuration = read_settings([str(tmp_path / "settings.py")])

    assert ["settings.py", "zulip-secrets.conf"] == [Path(file.name).name for file in configuration.files]
    (settings,) = configuration.settings
    assert (3, "(set)") == shown(settings)[Field.PASSWORD]


def test_the_environment_wins_over_the_file_whatever_their_order(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(MATTERMOST)
    (tmp_path / "mattermost.env").write_text("MM_EMAILSETTINGS_SMTPPORT=465\n")
    names = [str(tmp_path / name) for name in ("mattermost.env", "config.json")]

    for paths in (names, names[::-1]):
        (settings,) = read_settings(paths).settings
        assert "465" == settings.value(Field.PORT)
        assert "mail.example.org" == settings.value(Field.SERVER)


def fields(text: str) -> dict[str, dict[str, str]]:
    """What is known of each application."""
    return {one.app: {field.value: entry.shown for field, entry in one.entries.items()} for one in read_text(text)}


def test_what_services_of_one_compose_file_get_is_told_apart() -> None:
    text = """\
services:
  cloud:
    environment: {MAIL_DOMAIN: example.org, SMTP_HOST: cloudmail, SMTP_PORT: 465}
  web:
    environment: {SMTP_SERVER: socialmail, SMTP_PORT: 587}
"""

    known = fields(text)

    assert ("cloudmail", "465") == (known["nextcloud"]["server"], known["nextcloud"]["port"])
    assert ("socialmail", "587") == (known["mastodon"]["server"], known["mastodon"]["port"])


@pytest.mark.parametrize(
    ("text", "app"),
    [
        ("MAIL_DOMAIN=example.org\nSMTP_PASSWORD_FILE=/run/secrets/mail\n", "nextcloud"),
        ("SETTING_EMAIL_HOST=x\nSECRETS_email_password_FILE=/run/secrets/mail\n", "zulip"),
        ("services:\n z:\n  environment: {SETTING_EMAIL_HOST: x}\n  secrets: [zulip__email_password]\n", "zulip"),
        ("services:\n z:\n  environment: {SETTING_EMAIL_HOST: x}\n"
         "  secrets:\n   - {source: mail, target: zulip__email_password}\n", "zulip"),
    ],
)  # fmt: skip
def test_a_password_in_a_file_of_its_own_is_not_missing(text: str, app: str) -> None:
    assert "(computed)" == fields(text)[app]["password"]


def test_a_compose_file_of_the_first_version_has_its_services_at_the_top() -> None:
    text = "web:\n  image: tootsuite/mastodon\n  environment:\n    - SMTP_SERVER=mail.example.org\n"

    assert "mail.example.org" == fields(text)["mastodon"]["server"]


def test_a_part_of_zulips_settings_is_recognised_and_another_django_is_not_taken_for_it() -> None:
    part = "EMAIL_HOST = 'mail.example.org'\nEMAIL_PORT = 465\n"

    assert "465" == fields(part)["zulip"]["port"]
    with pytest.raises(SourceError):
        fields(f"{part}EMAIL_HOST_PASSWORD = 'x'\n")


def write_packet(path: Path, member: str = "mm_node/sanitized_config.json", text: str = MATTERMOST) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.yaml", "type: support-packet\n")
        archive.writestr(member, text)
    return path


def test_a_support_packet_holds_settings(tmp_path: Path) -> None:
    configuration = read_settings([str(write_packet(tmp_path / "packet.zip"))])

    assert [f"{tmp_path}/packet.zip!mm_node/sanitized_config.json"] == [file.name for file in configuration.files]
    assert ["mattermost"] == [settings.app for settings in configuration.settings]


def test_masked_passwords_of_a_support_packet_are_set_and_have_no_faults() -> None:
    stars = "*" * 32

    settings = only(json.dumps({"EmailSettings": {"SMTPUsername": "me", "SMTPPassword": stars}}))

    assert "(set)" == settings.entry(Field.PASSWORD).shown


BROKEN = {
    "settings.py": (b"EXTERNAL_HOST = 'x'\nEMAIL_HOST = (\n", "is no valid Python in line 2"),
    "deep.py": (b"EXTERNAL_HOST = " + b"-" * 200_000 + b"1\n", "is no valid Python"),
    "config.php": (NEXTCLOUD.encode()[:300], "is cut off"),
    "open.php": (b"<?php $CONFIG = array('a' => 'b\\' ", "is cut off"),
    "other.php": (b"<?php echo 'hello';", "without a list $CONFIG"),
    "config.json": (MATTERMOST.encode()[:80], "is no valid JSON in line"),
    "deep.json": (b'{"a":' * 100_000, "is no valid JSON"),
    "zulip-secrets.conf": (b"[secrets]\nemail_password = a\nand this\n[", "is no valid INI file"),
    "docker-compose.yml": (b"services:\n  a: [\n", "is no valid YAML"),
    "notes.txt": (b"remember the milk\n", "is no settings file that maillogdiag knows"),
    "empty": (b"", "is no settings file that maillogdiag knows"),
    "image.png": (b"\x89PNG\r\n\x1a\n\0A=\0\0\n", "is no settings file that maillogdiag knows"),
    "other.env": (b"DATABASE_URL=postgres://a:b@c/d\n", "holds no mail settings that maillogdiag knows"),
    "large.env": (b"SMTP_SERVER=x\n" * 800_000, "is too large for settings"),
    "broken.zip": (b"PK\x03\x04" + b"\0" * 50, "is a damaged archive"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_bad_file_is_named_with_its_problem(name: str, tmp_path: Path) -> None:
    content, problem = BROKEN[name]
    file = tmp_path / name
    file.write_bytes(content)

    configuration = read_settings([str(file)])

    assert () == configuration.settings
    ((name, said),) = [(one.name, one.problem) for one in configuration.files]
    assert str(file) == name
    assert said is not None
    assert problem in said


def test_a_missing_file_a_folder_and_another_archive_are_named(tmp_path: Path) -> None:
    archive = write_packet(tmp_path / "other.zip", member="config.txt")

    files = read_settings([str(tmp_path / "missing"), str(tmp_path), str(archive), "a\0b"]).files

    said = " ".join(str(file.problem) for file in files)
    assert ["not exist", "is a folder", "without sanitized", "null byte"] == [
        words for words in ("not exist", "is a folder", "without sanitized", "null byte") if words in said
    ]


def test_code_in_a_settings_file_does_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = f"open({str(trace)!r}, 'w')"
    python = f"EXTERNAL_HOST = 'x'\nEMAIL_HOST = {code}\n{code}\n@{code}\ndef f(): ...\n"
    php = f"<?php {code}; $CONFIG = array('instanceid' => 'x', 'mail_smtphost' => {code});"
    compose = (
        f"services:\n  a:\n    environment:\n      SMTP_SERVER: !!python/object/apply:os.system ['touch {trace}']\n"
    )

    for text in (python, php, compose):
        assert "(computed)" == only(text).entry(Field.SERVER).shown or text is compose

    assert not trace.exists()


def test_invalid_utf_8_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    file = tmp_path / ".env.production"
    file.write_bytes(b"\xef\xbb\xbfSMTP_SERVER=mail.example.org\r\nSMTP_LOGIN=m\xff\r\n")

    (settings,) = read_settings([str(file)]).settings

    assert "mail.example.org" == settings.value(Field.SERVER)
    assert "m\ufffd" == settings.value(Field.USER)


def test_usual_places_without_any_settings_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maillogdiag.settings.reading._exists", lambda place: False)

    assert read_settings(["auto"]).is_missing


SIGNS = [
    "[secrets]\n",
    "<?php $CONFIG = [",
    "services:\n",
    "SMTP_SERVER",
    "EXTERNAL_HOST = ",
    "- ",
    ": ",
    "=>",
    "&a",
    "*a",
]
PIECES = st.sampled_from([ENV, ZULIP, MATTERMOST, NEXTCLOUD, COMPOSE, *SIGNS, *"'\"\\(){}[]$#,;\n\r\t\0="])


@settings(deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join), st.integers(0, 400))
def test_no_text_makes_a_parser_raise_anything_but_our_own_error(text: str, cut: int) -> None:
    for piece in (text, text[cut:], text[:cut]):
        for form in FORMS:
            with suppress(SourceError):
                list(form.read(piece))
        with suppress(SourceError):
            for one in read_text(piece):
                list(contradictions_of(one))
