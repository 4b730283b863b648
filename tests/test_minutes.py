"""When mail was tried is known to the minute, in whatever order and zone the log has it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.minutes import Minutes

START = datetime(2026, 10, 25, tzinfo=UTC)
TRIES = st.lists(st.tuples(st.integers(0, 400).map(lambda s: START + timedelta(seconds=s)), st.booleans()), max_size=60)


def counted(tries: list[tuple[datetime, bool]]) -> Minutes:
    minutes = Minutes()
    for time, has_failed in tries:
        minutes.count(time, has_failed=has_failed)
    return minutes


def minute_of(time: datetime) -> datetime:
    return time.replace(second=0)


@given(TRIES, TRIES)
def test_each_try_is_counted_in_its_minute_also_where_counts_are_merged(
    one: list[tuple[datetime, bool]], two: list[tuple[datetime, bool]]
) -> None:
    minutes = counted(one)
    minutes.merge(counted(two))

    expected = Counter((minute_of(time), has_failed) for time, has_failed in one + two)
    assert sorted({time for time, _ in expected}) == [minute.begin for minute in minutes]
    assert expected == Counter(
        {
            key: count
            for minute in minutes
            for key, count in (((minute.begin, False), minute.accepted), ((minute.begin, True), minute.failed))
            if count
        }
    )


@given(TRIES, st.integers(0, 400))
def test_the_last_mail_before_a_failure_and_the_first_after_it_are_found(
    tries: list[tuple[datetime, bool]], second: int
) -> None:
    minutes, failure = counted(tries), START + timedelta(seconds=second)

    before, after = minutes.accepted_before(failure), minutes.accepted_after(failure)

    accepted = sorted(time for time, has_failed in tries if not has_failed)
    assert (before.begin if before else None) == max(
        (minute_of(time) for time in accepted if minute_of(time) < failure), default=None
    )
    assert (after.begin if after else None) == min(
        (minute_of(time) for time in accepted if minute_of(time) > failure), default=None
    )
    if before:
        assert before.last_accepted == max(time for time in accepted if minute_of(time) == before.begin)


def test_a_minute_has_the_zone_that_the_log_had_then() -> None:
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    minutes = counted([(START.astimezone(summer), False), ((START + timedelta(hours=1)).astimezone(winter), False)])

    assert ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"] == [one.begin.isoformat() for one in minutes]


@pytest.mark.parametrize(
    "time",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_an_absurd_time_is_a_time(time: datetime) -> None:
    assert [minute_of(time)] == [minute.begin for minute in counted([(time, False)])]
