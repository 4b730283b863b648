"""A stamp without a zone is in the machine's own, in winter and in summer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.times import aware, time_of

# Clocks go forward over it in Berlin.
NO_TIME = datetime(2026, 3, 29, 2, 30)


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"], scope="module")
def _zone(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_zone")
@given(naive=st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)) | st.just(NO_TIME))
def test_a_stamp_tells_the_time_that_its_numbers_tell(naive: datetime) -> None:
    read = time_of(naive.isoformat(" "))

    assert read is not None
    assert read.isoformat() == aware(naive).isoformat()


@pytest.mark.parametrize("stamp", ["2026-02-30 10:00:00", "2026-02-28 24:61:00,5"])
def test_a_day_or_hour_that_is_none_has_no_time(stamp: str) -> None:
    assert time_of(stamp) is None
