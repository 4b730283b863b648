"""Entries of named values: the reason is read out of its own value, and a failure that its callers log, too, is one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, assemble_attempts
from maillogdiag.failures import Failure, Phase
from maillogdiag.grammars.generic import GRAMMAR
from maillogdiag.grammars.structured import read_structured, time_in
from maillogdiag.records import Place, Record

LOGFMT = (
    'time="2026-11-20T09:14:05+01:00" level=error msg="Failed to send email" err="535 5.7.8 no such login" v="2.4.2"'
)
JSON = (
    '{"level":"error","ts":1795166045.5,"msg":"Failed to send email","version":"5.40.2",'
    '"error":"535 5.7.8 no such login","stacktrace":"main.send\\n\\t/srv/email.go:149"}'
)


def tries(lines: Iterable[str]) -> list[Attempt]:
    records = [Record(text, Place("app.log", number)) for number, text in enumerate(lines, 1)]
    return list(assemble_attempts(event for record in records for event in GRAMMAR.read(record)))


def failure_in(text: str) -> Failure:
    (event,) = GRAMMAR.read(Record(text, Place("app.log", 1)))
    assert event.failure is not None
    return event.failure


@pytest.mark.parametrize("text", [LOGFMT, JSON], ids=["logfmt", "JSON"])
def test_the_reply_is_read_out_of_its_value(text: str) -> None:
    failure = failure_in(text)

    assert (535, "5.7.8", "535 5.7.8 no such login") == (failure.code, failure.enhanced, failure.text)


def test_the_server_stands_in_another_value_and_the_step_in_the_message() -> None:
    failure = failure_in(
        'msg="SMTP AUTH failed: gave up" error="unencrypted connection" smtp_server="mx.example.org:587"'
    )

    assert (Phase.AUTH, "mx.example.org", 587) == (failure.phase, failure.host, failure.port)


def test_a_message_that_tells_the_reason_itself_is_read_without_the_other_values() -> None:
    failure = failure_in('func=email.Sender msg="error sending test email: x509: unknown authority" sender=ada')

    assert "error sending test email: x509: unknown authority" == failure.text


@pytest.mark.parametrize(
    "text",
    [
        'msg="Sending failed: 535 5.7.8 no such login" error="EOF" service=smtp',
        '{"message":"Mail: could not send email","exception":"SMTP Error: 535 5.7.8 no such login"}',
    ],
)
def test_the_reply_is_found_in_whichever_value_it_stands(text: str) -> None:
    assert 535 == failure_in(text).code


def test_two_programs_that_cannot_reach_the_server_are_two_tries() -> None:
    records = [
        Record(LOGFMT.replace("send email", f"send {what} email"), Place("app.log", number), unit=what)
        for number, what in enumerate(("wiki", "chat"), 1)
    ]

    assert 2 == len(list(assemble_attempts(event for record in records for event in GRAMMAR.read(record))))


@pytest.mark.parametrize(
    "messages",
    [
        ["05 Failed to send welcome mail", "06 Failed to send reset mail"],
        ["05 Failed to send email to ada@example.net", "05 Failed to send email to bob@example.net"],
    ],
    ids=["one after the other", "to others"],
)
def test_mails_that_fail_alike_are_several(messages: list[str]) -> None:
    lines = (message.split(" ", 1) for message in messages)
    log = [
        f'time="2026-11-20T09:14:{second}Z" level=error msg="{text}" err="dial tcp: timeout"' for second, text in lines
    ]

    assert 2 == len(tries(log))


def test_what_a_caller_logs_of_the_same_failure_is_the_same_try() -> None:
    (attempt,) = tries(
        [
            't=2026-11-20T09:14:05+0000 lvl=eror msg="Failed to send alert email" error="dial tcp: timeout"',
            't=2026-11-20T09:14:05+0000 lvl=eror msg="Failed to send email alerts" error="dial tcp: timeout"',
        ]
    )

    assert 2 == len(attempt.events)


def test_what_is_said_again_at_another_level_is_the_same_try() -> None:
    said = 'time="2026-11-20T09:14:05Z" level={} msg="Max connection attempts exceeded - unencrypted connection"'

    assert 1 == len(tries([said.format("warning"), said.format("error")]))


@pytest.mark.parametrize(
    "second",
    [
        LOGFMT.replace("14:05", "14:07"),
        LOGFMT.replace("level", "to=kim@example.net level"),
        LOGFMT.replace("Failed to send", "Could not send").replace("no such login", "locked"),
        LOGFMT.replace("Failed to send", "Could not send").replace("14:05", "14:55"),
    ],
    ids=["again", "to somebody else", "for another reason", "much later"],
)
def test_another_mail_is_another_try(second: str) -> None:
    assert 2 == len(tries([LOGFMT, second]))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        (LOGFMT, datetime(2026, 11, 20, 9, 14, 5, tzinfo=timezone(timedelta(hours=1)))),
        (JSON, datetime.fromtimestamp(1795166045.5, UTC)),
        ("2026/11/20 09:14:05 failed to send mail", datetime(2026, 11, 20, 9, 14, 5).astimezone()),
        ("[x] 2026-11-20T09:14:05.123Z E! SMTP Error", datetime(2026, 11, 20, 9, 14, 5, 123000, tzinfo=UTC)),
    ],
    ids=["logfmt", "JSON", "Go's log", "in the head"],
)
def test_the_program_s_own_time_is_taken_where_no_envelope_tells_one(text: str, time: datetime) -> None:
    (event,) = GRAMMAR.read(Record(text, Place("app.log", 1)))

    assert time == event.record.time


def test_the_envelope_s_time_is_kept() -> None:
    time = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    (event,) = GRAMMAR.read(Record(LOGFMT, Place("app.log", 1), time))

    assert time == event.record.time


@given(st.text(), st.sampled_from([LOGFMT, JSON, "2026/13/40 25:61:61 x"]), st.integers(0, 200))
def test_no_text_is_too_odd(noise: str, text: str, cut: int) -> None:
    for odd in (noise, text[:cut] + noise + text[cut:], text[:cut]):
        read_structured(odd)
        time_in(odd)
