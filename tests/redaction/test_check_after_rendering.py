"""The finished file is searched once more: where a renderer leaks, nothing is written."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

import maillogdiag
from maillogdiag.cli import main
from maillogdiag.redaction import RedactionMap, find_leaks, redact
from maillogdiag.redaction.kinds import Kind
from maillogdiag.reports import render as rendering
from maillogdiag.reports.json_report import report_to_json

RECIPIENT = "zinnia.quill@canaryhost.example.net"
TOKEN = "TDbGBLuHxTEGG2pSTr6s"
LOG = (
    "2026-11-20T09:00:02+00:00 mail postfix/smtp[9]: 3C1D8C1D28: to=<zinnia.quill@canaryhost.example.net>, "
    "relay=mx.canaryhost.example.net[93.184.215.77]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (host "
    "mx.canaryhost.example.net[93.184.215.77] said: 550 5.1.1 User unknown "
    "https://chat.canaryhost.example.net/invite/TDbGBLuHxTEGG2pSTr6s (in reply to RCPT TO command))\n"
)


@pytest.mark.parametrize("encode", [str, quote, lambda value: base64.b64encode(value.encode()).decode()])
@pytest.mark.parametrize(("value", "kind"), [(RECIPIENT, "mail address"), (TOKEN, "token")])
def test_nothing_is_written_where_a_renderer_leaks(
    value: str,
    kind: str,
    encode: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert callable(encode)
    log, page, names = tmp_path / "mail.log", tmp_path / "report.html", tmp_path / "names.json"
    log.write_text(LOG)
    render = rendering.render
    monkeypatch.setattr(rendering, "render", lambda *args, **options: f"{render(*args, **options)} {encode(value)}")
    monkeypatch.setattr(
        sys, "argv", ["maillogdiag", "scan", str(log), "--output", str(page), "--redaction-map", str(names)]
    )

    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr()
    assert 2 == ended.value.code
    assert not page.exists()
    assert not names.exists()
    assert kind in said.err
    assert value not in said.out + said.err


def test_nothing_of_a_secret_is_told() -> None:
    mapping = RedactionMap()
    mapping.stand_in(Kind.SECRET, "hunter2Canary!")
    mapping.stand_in(Kind.USER, "zinnia.quill")

    told = [str(leak) for leak in find_leaks("hunter2Canary! zinnia.quill", mapping)]

    assert ["password or login data", "user name (zi…, 12 characters)"] == told


def test_a_subject_that_our_own_advice_has_too_hinders_no_report(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text('Could not send mail with subject "Test mail": SMTP 535 5.7.8 Username and Password not accepted\n')
    report, mapping = redact(maillogdiag.scan([str(log)]))

    assert [] == find_leaks(report_to_json(report), mapping)
