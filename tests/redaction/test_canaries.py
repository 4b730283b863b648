"""No canary of any application's log, in any envelope, is in anything that leaves, in any encoding."""

from __future__ import annotations

from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.redaction import RedactionMap, redact, redact_lines, remove_secrets
from maillogdiag.reports.render import Format, render
from tests.redaction.canaries import APPLICATIONS, ENVELOPES, canaries, found_in

SECRETS = {"password", "token", "reset_token", "invite", "api_key"}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("app", APPLICATIONS)
def test_no_canary_is_in_a_redacted_log(app: str, envelope: str, seed: int) -> None:
    private = canaries(seed)
    log = "\n".join(ENVELOPES[envelope](APPLICATIONS[app](private), private)) + "\n"

    for line in redact_lines(log.splitlines(keepends=True), RedactionMap()):
        assert [] == found_in(line, private), line


@pytest.mark.parametrize("envelope", ["bare", "docker-json", "journal-json", "journal-export"])
@pytest.mark.parametrize("app", APPLICATIONS)
def test_no_canary_is_in_a_report(app: str, envelope: str, tmp_path: Path) -> None:
    private = canaries(3)
    log = tmp_path / private.host / f"{private.user}.log"
    log.parent.mkdir()
    log.write_text("\n".join(ENVELOPES[envelope](APPLICATIONS[app](private), private)) + "\n")
    report = maillogdiag.scan([str(log)])
    redacted, _ = redact(report)

    assert report.findings
    for format in Format:
        assert [] == found_in(render(redacted, format, width=300), private)
    assert not SECRETS & set(found_in(render(remove_secrets(report), Format.JSON), private))
