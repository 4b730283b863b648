"""Logs to be read by several processes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
SIDEKIQ = FIXTURES / "mastodon" / "story" / "sidekiq.log"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A big log, a packed one, a damaged one, and a file that is no log."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "sidekiq.log").write_bytes(SIDEKIQ.read_bytes() * 10)
    (folder / "send_email.log").write_bytes((FIXTURES / "zulip" / "story" / "send_email.log").read_bytes())
    subprocess.run(["gzip", "-k", folder / "send_email.log"], check=True)
    (folder / "notes.py").write_text("no log")
    (folder / "broken.log.gz").write_bytes((folder / "send_email.log.gz").read_bytes()[:-30])
    return folder
