# ruff: noqa: E501 - log lines are as long as they are
"""Nothing personal leaves: a log full of canaries, rendered in every format, holds none of them in any encoding."""

from __future__ import annotations

import base64
import quopri
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.redaction import RedactionMap, find_leaks, redact, redact_lines
from maillogdiag.reports.model import Report
from maillogdiag.reports.render import Format, render

CANARIES = {
    "recipient": "zinnia.quill@canaryhost.example.net",
    "sender": "noreply@feather.canarydomain.org",
    "login": "mailer-wren@canarydomain.org",
    "confirmation token": "TDbGBLuHxTEGG2pSTr6s",
    "reset token": "Zq8Wm3TnLp5Rx7Vb2KcY",
    "public address": "93.184.215.77",
    "public IPv6 address": "2a01:4f8:c17:b8f::2",
    "password": "hunter2Canary!Secret",
    "invite link": "mfjy5dw255qhpdb5egmt5at5",
    "message id": "6b01canary5acb2d258@canarydomain.org",
    "own host": "chat.canarydomain.org",
}
AUTH_PLAIN = base64.b64encode(f"\0{CANARIES['login']}\0{CANARIES['password']}".encode()).decode()
AUTH_LOGIN = base64.b64encode(CANARIES["password"].encode()).decode()

LOG = f"""\
Nov 20 09:00:00 {CANARIES["own host"]} bundle[77]: [ActiveJob] [ActionMailer::MailDeliveryJob] [0b8b] Performing \
ActionMailer::MailDeliveryJob (Job ID: 0b8b) from Sidekiq(mailers) enqueued at 2026-11-20T09:00:00Z with arguments: \
"UserMailer", "confirmation_instructions", "deliver_now", {{:args=>[#<GlobalID:0x0 @uri=#<URI::GID gid://mastodon/User/948>>, \
"{CANARIES["confirmation token"]}"]}}
Nov 20 09:00:01 {CANARIES["own host"]} bundle[77]: [ActiveJob] [ActionMailer::MailDeliveryJob] [0b8b] Error performing \
ActionMailer::MailDeliveryJob (Job ID: 0b8b) from Sidekiq(mailers) in 9.0ms: Net::SMTPFatalError (553 5.7.1 \
<{CANARIES["sender"]}>: Sender address rejected: not owned by user {CANARIES["login"]}):
Nov 20 09:00:02 {CANARIES["own host"]} postfix/smtp[9]: 3C1D8C1D28: to=<{CANARIES["recipient"]}>, \
relay=mx.canaryhost.example.net[{CANARIES["public address"]}]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (host \
mx.canaryhost.example.net[{CANARIES["public address"]}] said: 550 5.1.1 <{CANARIES["recipient"]}> User unknown \
[{CANARIES["public IPv6 address"]}] (in reply to RCPT TO command))
2026-11-20 09:00:03.000 ERR  [zulip.send_email] Error sending zerver/emails/confirm_registration email to \
['Zinnia Quill <{CANARIES["recipient"]}>'] with error code 535: b'5.7.8 https://{CANARIES["own host"]}/accounts/do_confirm/\
{CANARIES["invite link"]} send: AUTH PLAIN {AUTH_PLAIN}'
2026-11-20 09:00:04.000 ERR  [] Event {{'activate_url': 'https://{CANARIES["own host"]}/accounts/do_confirm/\
{CANARIES["invite link"]}', 'to_emails': ['{urllib.parse.quote(CANARIES["recipient"])}'], 'failed_tries': 4}} failed due to \
exception EmailNotDeliveredError
{{"timestamp":"2026-11-20 09:00:05.000 Z","level":"error","msg":"Error while sending the email","user_email":\
"{CANARIES["recipient"]}","error":"authentication failed: 535 5.7.8 reset_password_token={CANARIES["reset token"]} \
<{CANARIES["message id"]}> MM_EMAILSETTINGS_SMTPPASSWORD={CANARIES["password"]}"}}
smtp.auth LOGIN {AUTH_LOGIN}
"""


def forms_of(value: str) -> set[bytes]:
    """A value as it may be written: plain, URL-, base64- and quoted-printable-encoded."""
    data = value.encode()
    return {
        data,
        urllib.parse.quote(value, safe="").encode(),
        urllib.parse.quote_plus(value).encode(),
        base64.b64encode(data),
        quopri.encodestring(data).strip(),
    }


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("leaks") / CANARIES["own host"]
    folder.mkdir()
    log = folder / "sidekiq.log"
    log.write_text(LOG)
    return maillogdiag.scan([str(log)])


def test_the_canaries_are_seen_at_all(report: Report) -> None:
    assert len(report.findings) >= 3


@pytest.mark.parametrize("format", list(Format), ids=str)
@pytest.mark.parametrize("kind", CANARIES)
def test_no_canary_is_in_a_redacted_report(report: Report, format: Format, kind: str) -> None:
    redacted, replaced = redact(report)
    text = render(redacted, format, width=200)

    assert [] == list(find_leaks(text, replaced))
    assert not [form for form in forms_of(CANARIES[kind]) if form in text.encode()]


@pytest.mark.parametrize("kind", CANARIES)
def test_no_canary_is_in_a_redacted_log(kind: str) -> None:
    text = "".join(redact_lines(LOG.splitlines(keepends=True), RedactionMap()))

    assert not [form for form in forms_of(CANARIES[kind]) if form in text.encode()]


@pytest.mark.parametrize("secret", [CANARIES["password"], AUTH_PLAIN, AUTH_LOGIN])
def test_secrets_never_appear_not_even_where_redaction_is_off(secret: str, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LOG)
    shown = subprocess.run(
        [sys.executable, "-m", "maillogdiag", "scan", "--no-redact", "--format", "json", str(log)],
        capture_output=True,
        check=False,
    ).stdout

    assert secret.encode() not in shown
