"""Failed mails are known by numbers, millions of them in little room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag import mails
from maillogdiag.mails import FailedMails, number_of, ticks_of, whole

START = datetime(2026, 11, 20, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=80), st.integers(0, 40))
def test_of_each_mail_the_newest_failure_is_known(failed: list[tuple[int, int]], other: int) -> None:
    newest: dict[int, datetime] = {}
    known = FailedMails()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mails, "_FEWEST_LOOSE", 3)  # so that most stand in their places
        for mail, hour in failed:
            number, time = number_of(f"job:{mail}"), START + timedelta(hours=hour)
            newest[number] = max(newest.get(number, time), time)
            known.add(number, time)

    assert sorted((number, ticks_of(time)) for number, time in newest.items()) == list(known.items())
    assert (number_of(f"job:{other}") in newest) == (number_of(f"job:{other}") in known)
    assert (number_of(f"job:{other}") in newest) == known.has_message(number_of(f"job:{other}"))
    assert not known.has_message(number_of(f"job:{other}", "ada@example.net"))


def test_recipients_of_one_mail_are_told_apart_and_are_of_one_mail() -> None:
    numbers = {number_of("queue:4XyZ1a", f"user{n}@example.net") for n in range(20)} | {number_of("queue:4XyZ1a")}

    assert 21 == len(numbers)
    assert {number_of("queue:4XyZ1a")} == set(map(whole, numbers))
    assert number_of("queue:4XyZ1b") != number_of("queue:4XyZ1a")


def test_a_mail_has_the_same_number_everywhere() -> None:
    assert 0xD1F698F46C000000 == number_of("queue:4XyZ1a")


@pytest.mark.parametrize("year", [1, 9999])
def test_an_absurd_time_is_a_time(year: int) -> None:
    known = FailedMails()
    known.add(7, datetime(year, 1, 1, tzinfo=UTC))

    assert [(7, ticks_of(datetime(year, 1, 1, tzinfo=UTC)))] == list(known.items())


def test_an_id_with_broken_characters_is_an_id() -> None:
    assert number_of("queue:\udcff") != number_of("queue:\udcfe")
