"""--since and --until understand what journalctl's understand."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.errors import UsageError
from maillogdiag.timespec import parse_time

NOW = datetime(2026, 11, 21, 15, 30, 20, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-21 15:30:20+01:00"),
        ("today", "2026-11-21 00:00:00+01:00"),
        ("yesterday", "2026-11-20 00:00:00+01:00"),
        ("tomorrow", "2026-11-22 00:00:00+01:00"),
        ("10 minutes ago", "2026-11-21 15:20:20+01:00"),
        ("2 days ago", "2026-11-19 15:30:20+01:00"),
        ("1h 30min ago", "2026-11-21 14:00:20+01:00"),
        ("-2h", "2026-11-21 13:30:20+01:00"),
        ("-1.5h", "2026-11-21 14:00:20+01:00"),
        ("+30s", "2026-11-21 15:30:50+01:00"),
        ("-1w", "2026-11-14 15:30:20+01:00"),
        ("09:00", "2026-11-21 09:00:00+01:00"),
        ("9:05:07", "2026-11-21 09:05:07+01:00"),
        ("2026-11-20", "2026-11-20 00:00:00+01:00"),
        ("2026-11-20 09:00", "2026-11-20 09:00:00+01:00"),
        ("Fri 2026-11-20 09:00:00", "2026-11-20 09:00:00+01:00"),
        ("2026-11-20 09:00:00.5", "2026-11-20 09:00:00.5+01:00"),
        ("2026-11-20T09:00:00Z", "2026-11-20 09:00:00+00:00"),
        ("2026-11-20 09:00 UTC", "2026-11-20 09:00:00+00:00"),
        ("2026-11-20 09:00 America/New_York", "2026-11-20 09:00:00-05:00"),
        ("@1793610900", "2026-11-02 09:15:00+00:00"),
        (" yesterday ", "2026-11-20 00:00:00+01:00"),
    ],
)
def test_times_are_read_as_journalctl_reads_them(text: str, expected: str) -> None:
    assert datetime.fromisoformat(expected) == parse_time(text, NOW)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "2026-13-01", "3 parsecs ago", "-", "ago", "@x", "-999999999y", "@9e99"]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="2 hours ago"):
        parse_time(text, NOW)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        assert parse_time(text, NOW).tzinfo is not None
    except UsageError as error:
        assert repr(text) in str(error)  # noqa: PT017
