"""Every recorded log gives the causes and the number of failed attempts that its case says."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from maillogdiag import scan

FIXTURES = Path(__file__).parent / "fixtures"
# JSON is YAML: the cases are read without a YAML library, since there are hundreds.
CASES = sorted(FIXTURES.glob("*/*/case.yaml"))

# What is not read yet, with the reason; a case that begins to pass must leave this list.
NOT_YET: dict[str, str] = {}


def name_of(case: Path) -> str:
    return "/".join(case.parts[-3:-1])


def expected(case: Path) -> dict[str, int]:
    """The `expect` lines of a case: `- {cause: auth-failed, attempts: 2}`."""
    found = {}
    for line in case.read_text().splitlines():
        if line.strip().startswith("- {cause: "):
            cause, attempts = line.strip().removeprefix("- {cause: ").removesuffix("}").split(", attempts: ")
            found[cause] = int(attempts)
    return found


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.xfail(reason=NOT_YET[name_of(case)])) if name_of(case) in NOT_YET else case
        for case in CASES
    ],
    ids=name_of,
)
def test_the_recorded_log_is_diagnosed(case: Path, tmp_path: Path) -> None:
    logs = []
    for file in sorted(case.parent.iterdir()):
        if file.name != case.name:
            logs.append(unpacked(file, tmp_path) if file.suffix == ".xz" and ".journal" in file.name else file)

    report = scan([str(log) for log in logs])

    assert expected(case) == {
        cause: sum(finding.count for finding in report.findings if finding.cause == cause)
        for cause in {finding.cause.value for finding in report.findings}
    }, json.dumps([finding.evidence[0].text for finding in report.findings], indent=1)


def unpacked(file: Path, folder: Path) -> Path:
    """A stored journal as the journal file it was."""
    journal = folder / file.stem
    journal.write_bytes(lzma.decompress(file.read_bytes()))
    return journal
