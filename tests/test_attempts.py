"""One failed try counts once, however many lines and files it shows up in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag import attempts as attempts_module
from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Failure
from maillogdiag.records import Place, Record

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def event(
    kind: EventKind, form: str, *keys: str, at_s: float | None = None, line: int = 1, source: str = "a.log"
) -> Event:
    time = None if at_s is None else START + timedelta(seconds=at_s)
    failure = Failure("535 wrong", "535 wrong", code=535) if kind is EventKind.FAILED else None
    message = next((key for key in keys if key.startswith("job:")), None)
    record = Record(f"{form} {keys}", Place(source, line), time)
    return Event(kind, "mastodon", record, form, keys, message, failure)


def assembled(*events: Event) -> list[Attempt]:
    return list(assemble_attempts(events))


def test_all_lines_of_one_sidekiq_failure_are_one_attempt() -> None:
    attempts = assembled(
        event(EventKind.STARTED, "sidekiq-start", "jid:1", "tid:9/a", at_s=0),
        event(EventKind.FAILED, "activejob-error", "job:1", at_s=1),
        event(EventKind.CONTEXT, "sidekiq-context", "jid:1", "job:1", "tid:9/a", at_s=1),
        event(EventKind.FAILED, "sidekiq-exception", "tid:9/a", at_s=1),
        event(EventKind.CONTEXT, "sidekiq-fail", "jid:1", "tid:9/a", at_s=1),
    )

    assert [Outcome.FAILED] == [attempt.outcome for attempt in attempts]


def test_a_mail_that_sidekiq_and_activejob_both_log_as_done_is_one_attempt() -> None:
    attempts = assembled(
        event(EventKind.STARTED, "sidekiq-start", "jid:1", "tid:9/a", at_s=0),
        event(EventKind.STARTED, "activejob-performing", "job:1", at_s=0),
        event(EventKind.ACCEPTED, "activejob-performed", "job:1", at_s=1),
        event(EventKind.ACCEPTED, "sidekiq-done", "jid:1", "tid:9/a", at_s=1),
    )

    assert [Outcome.ACCEPTED] == [attempt.outcome for attempt in attempts]


def test_a_retry_of_the_same_job_is_a_second_attempt() -> None:
    attempts = assembled(
        event(EventKind.FAILED, "activejob-error", "job:1", at_s=0),
        event(EventKind.FAILED, "activejob-error", "job:1", at_s=20),
    )

    assert [Outcome.FAILED, Outcome.FAILED] == [attempt.outcome for attempt in attempts]
    assert {"job:1"} == {attempt.message for attempt in attempts}


def test_the_same_line_in_two_files_counts_once() -> None:
    attempts = assembled(
        event(EventKind.FAILED, "zulip-error", "ms:1", at_s=0, source="send_email.log"),
        event(EventKind.FAILED, "zulip-error", "ms:1", at_s=0, source="errors.log"),
    )

    assert 1 == len(attempts)


def test_a_failure_counts_once_though_thousands_of_mails_went_well_before_its_copy_comes() -> None:
    attempts = assembled(
        event(EventKind.FAILED, "zulip-error", "ms:1", at_s=0, source="send_email.log"),
        *(event(EventKind.ACCEPTED, "zulip-test-sent", f"job:{n}", at_s=n) for n in range(9_000)),
        event(EventKind.FAILED, "zulip-error", "ms:1", at_s=0, source="errors.log"),
    )

    assert 1 == sum(attempt.outcome is Outcome.FAILED for attempt in attempts)


def test_thousands_of_failures_count_once_though_their_copies_stand_in_another_file() -> None:
    attempts = assembled(
        *(event(EventKind.FAILED, "zulip-error", f"ms:{n}", at_s=n, source="send_email.log") for n in range(3_000)),
        *(event(EventKind.FAILED, "zulip-error", f"ms:{n}", at_s=n, source="errors.log") for n in range(3_000)),
    )

    assert 3_000 == len(attempts)


def test_failures_of_one_reason_meet_what_another_file_says_of_them_hours_apart() -> None:
    hours = range(0, 4 * 3600, 3600)
    attempts = assembled(
        *(event(EventKind.FAILED, "celery-raised", "why:535wrong", at_s=at, source="worker.log") for at in hours),
        *(event(EventKind.FAILED, "traceback", "why:535wrong", at_s=at + 1, source="web.log") for at in hours),
    )

    assert [2, 2, 2, 2] == [len(attempt.events) for attempt in attempts]


def test_failures_of_one_reason_meet_their_copies_in_one_log_that_is_not_in_order() -> None:
    hours = range(0, 4 * 3600, 3600)
    attempts = assembled(
        *(event(EventKind.FAILED, "celery-raised", "why:535wrong", at_s=at) for at in hours),
        *(event(EventKind.FAILED, "traceback", "why:535wrong", at_s=at + 1) for at in hours),
    )

    assert [2, 2, 2, 2] == [len(attempt.events) for attempt in attempts]


def test_a_failure_of_another_job_on_the_same_thread_is_not_mail() -> None:
    attempts = assembled(
        event(EventKind.STARTED, "sidekiq-start", "jid:1", "tid:9/a", at_s=0),
        event(EventKind.ACCEPTED, "sidekiq-done", "jid:1", "tid:9/a", at_s=1),
        event(EventKind.FAILED, "sidekiq-exception?", "tid:9/a", at_s=1.5),
    )

    assert [Outcome.ACCEPTED] == [attempt.outcome for attempt in attempts]


def test_several_relays_of_one_delivery_are_one_attempt() -> None:
    attempts = assembled(
        event(EventKind.CONTEXT, "postfix-connect*", "pid:postfix/smtp/7", at_s=0, line=1),
        event(EventKind.CONTEXT, "postfix-connect*", "pid:postfix/smtp/7", at_s=1, line=2),
        event(EventKind.FAILED, "postfix-delivery", "queue:A1", "pid:postfix/smtp/7", at_s=2, line=3),
        event(EventKind.CONTEXT, "postfix-connect*", "pid:postfix/smtp/7", at_s=9, line=4),
        event(EventKind.FAILED, "postfix-delivery", "queue:B2", "pid:postfix/smtp/7", at_s=9, line=5),
    )

    assert [3, 2] == [len(attempt.events) for attempt in attempts]


def test_a_started_mail_with_nothing_after_it_has_no_known_outcome() -> None:
    assert [Outcome.UNKNOWN] == [one.outcome for one in assembled(event(EventKind.STARTED, "start", "jid:1"))]


def test_zulip_logs_no_success_so_the_next_line_means_it() -> None:
    attempts = assembled(
        event(EventKind.STARTED, "zulip-sending", "ms:1", at_s=0),
        event(EventKind.STARTED, "zulip-sending", "ms:2", at_s=5),
    )

    assert [Outcome.ACCEPTED, Outcome.UNKNOWN] == [attempt.outcome for attempt in attempts]


_KINDS = [EventKind.STARTED, EventKind.ACCEPTED, EventKind.FAILED, EventKind.CONTEXT, EventKind.GIVEN_UP]
_LINES = st.builds(
    event,
    st.sampled_from(_KINDS),
    st.sampled_from(["start", "error", "detail*", "vague?"]),
    st.sampled_from(["job:1", "job:2", "why:535wrong", "begun:", "to:ada", "same:x"]),
    at_s=st.one_of(st.none(), st.sampled_from([0, 1, 2, 200, 400, 4000])),
    line=st.integers(1, 40),
    source=st.sampled_from(["a.log", "b.log"]),
)


@given(st.lists(_LINES, max_size=40))
def test_tries_that_are_put_away_meanwhile_stay_the_same(events: list[Event]) -> None:
    expected = assembled(*events)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attempts_module, "_MOST_AT_HAND", 1)
        patch.setattr(attempts_module, "_BOX", 2)
        found = assembled(*events)

    assert expected == found


@given(st.lists(st.tuples(st.sampled_from(["job:1", "job:2"]), st.integers(0, 3)), max_size=30))
def test_no_failure_is_ever_lost(lines: list[tuple[str, int]]) -> None:
    """Each distinct failure line belongs to exactly one attempt."""
    events = [event(EventKind.FAILED, "error", key, at_s=at) for key, at in lines]

    attempts = list(assemble_attempts(events))

    assert {(one.keys, one.record.time) for one in events} == {
        (one.keys, one.record.time) for attempt in attempts for one in attempt.events
    }
