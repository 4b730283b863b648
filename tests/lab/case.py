"""Writes one fixture: its log files, scrubbed, and the case.yaml that tells what they should be read as."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parents[1] / "fixtures"

# Where Debian and the lab keep things, and where an installation by the book keeps them.
_GEMS = "/home/mastodon/live/vendor/bundle/ruby/3.1.0/gems/"
_ZULIP_PACKAGES = "/srv/zulip-venv-cache/7c4d8a1f/zulip-py3-venv/lib/python3.11/site-packages/"
_REALISTIC_PATHS = (
    (r"/usr/share/rubygems-integration/(?:all|3\.1\.0)/gems/", _GEMS),
    (r"/usr/lib/ruby/vendor_ruby/(mail/|mail\.rb)", rf"{_GEMS}mail-2.7.1/lib/\1"),
    (r"/usr/lib/ruby/(vendor_ruby|gems/3\.1\.0/gems)/", _GEMS),
    (r"/usr/lib/ruby/3\.1\.0/", "/home/mastodon/.rbenv/versions/3.1.2/lib/ruby/3.1.0/"),
    (r"/usr/bin/sidekiq", "/home/mastodon/live/vendor/bundle/ruby/3.1.0/bin/sidekiq"),
    (r"/[\w./-]*/site-packages/django/", f"{_ZULIP_PACKAGES}django/"),
    (r"/[\w./-]*/lib/python3\.11/(?!site-packages)", "/usr/lib/python3.11/"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """How many attempts failed from one cause."""

    cause: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Case:
    """What a fixture is and what should be found in it.

    Args:
        recorded: components that really ran, with versions; None where nothing did.
        composed: what was written by hand or derived from other recordings; None where nothing was.
        truth: what was really wrong where the log can't tell.
    """

    app: str
    scenario: str
    recorded: str | None
    composed: str | None
    expect: Sequence[Expected]
    truth: str | None = None

    @property
    def folder(self) -> Path:
        return FIXTURES / self.app / self.scenario


def write_case(case: Case, files: Mapping[str, str | bytes]) -> None:
    """Write the case anew; files that the last run left there are removed."""
    case.folder.mkdir(parents=True, exist_ok=True)
    for old in case.folder.iterdir():
        old.unlink()
    for name, content in files.items():
        data = scrub(content).encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        (case.folder / name).write_bytes(data)
    (case.folder / "case.yaml").write_text(_describe(case))


def scrub(text: str) -> str:
    """Replace the lab's own paths by realistic ones."""
    for pattern, replacement in _REALISTIC_PATHS:
        text = re.sub(pattern, replacement, text)
    return text


def _describe(case: Case) -> str:
    """Write YAML by hand: JSON strings are YAML strings, and the order of keys stays ours."""
    rows = [
        ("app", case.app),
        ("scenario", case.scenario),
        ("recorded", case.recorded),
        ("composed", case.composed),
        *([("truth", case.truth)] if case.truth else []),
    ]
    text = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in rows)
    found = "".join(f"  - {{cause: {e.cause}, attempts: {e.attempts}}}\n" for e in case.expect)
    return text + (f"expect:\n{found}" if found else "expect: []\n")
