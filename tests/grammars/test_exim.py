"""Exim's mainlog: the line for an address ends the try, lines of trouble before it say why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Phase
from maillogdiag.grammars.exim import GRAMMAR
from maillogdiag.records import Place, Record

ID = "2026-11-20 09:14:05 1xUhAb-00000T-30"
HOST = "R=smarthost T=remote_smtp H=smtp.example.org [192.0.2.25]"
REFUSED = (
    f"{ID} ** ada@example.net {HOST}: SMTP error from remote mail server after RCPT TO:<ada@example.net>: 550 5.1.1 no"
)
PUT_OFF = f"{ID} == ada@example.net R=smarthost T=remote_smtp defer (111): Connection refused"
DELIVERED = f'{ID} => ada@example.net {HOST} X=TLS1.3:X CV=yes A=plain C="250 2.0.0 Ok"'


def read(text: str) -> tuple[Event, ...]:
    return tuple(GRAMMAR.read(Record(text, Place("mainlog", 1))))


def tries(*lines: str) -> list[Attempt]:
    records = [Record(text, Place("mainlog", number)) for number, text in enumerate(lines, 1)]
    return list(assemble_attempts(event for record in records for event in GRAMMAR.read(record)))


def test_a_rejection_is_read_with_its_reply_and_phase() -> None:
    (event,) = read(REFUSED)

    assert (EventKind.FAILED, "ada@example.net") == (event.kind, event.recipient)
    assert event.failure is not None
    assert (550, "5.1.1", Phase.RCPT_TO) == (event.failure.code, event.failure.enhanced, event.failure.phase)
    assert "smtp.example.org" == event.failure.host
    assert datetime(2026, 11, 20, 9, 14, 5, tzinfo=UTC).replace(tzinfo=None) == event.record.time.replace(tzinfo=None)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("after", "phase"),
    [
        ("initial connection", Phase.GREETING),
        ("HELO mx.example.org", Phase.EHLO),
        ("AUTH PLAIN ****", Phase.AUTH),
        ("pipelined MAIL FROM:<a@example.org> SIZE=1", Phase.MAIL_FROM),
        ("end of data", Phase.END_OF_DATA),
    ],
)
def test_the_step_that_failed_is_the_phase(after: str, phase: Phase) -> None:
    (event,) = read(f"{ID} ** a@example.net {HOST}: SMTP error from remote mail server after {after}: 550 no")

    assert event.failure is not None
    assert phase == event.failure.phase


def test_trouble_and_the_line_that_ends_the_try_are_one() -> None:
    (attempt,) = tries(f"{ID} H=smtp.example.org [192.0.2.25] Connection refused", PUT_OFF)

    assert (Outcome.FAILED, 2) == (attempt.outcome, len(attempt.events))


def test_the_line_above_has_the_reply_to_a_failed_login() -> None:
    (attempt,) = tries(
        f"{ID} plain authenticator failed H=smtp.example.org [192.0.2.25] 535 5.7.8 bad password",
        f"{ID} == ada@example.net R=smarthost T=remote_smtp defer (-42): authentication required but "
        "authentication attempt(s) failed",
    )

    assert 535 in [event.failure.code for event in attempt.events if event.failure]
    assert attempt.events[-1].failure is None


AFTER = "after RCPT TO:<ada@example.net>:"
WITHOUT_ID = {
    "as shown to the caller": "  ** ada@example.net R=smarthost T=smtp H=smtp.example.org [192.0.2.25]: SMTP error "
    f"from remote mail server {AFTER} 550 5.1.1 no",
    "put off": "== ada@example.net R=smarthost T=smtp defer (-44): SMTP error from remote mail server "
    f"{AFTER} host smtp.example.org [192.0.2.25]: 550 5.1.1 no",
    "returned": "  ada@example.net\n    host smtp.example.org [192.0.2.25]\n    SMTP error from remote mail server "
    f"{AFTER}\n    550 5.1.1 no",
    "returned by an older one": f"  ada@example.net\n    SMTP error from remote mailer {AFTER}\n"
    "    host smtp.example.org [192.0.2.25]: 550 5.1.1 no:\n    retry timeout exceeded",
}


@pytest.mark.parametrize("text", WITHOUT_ID.values(), ids=WITHOUT_ID.keys())
def test_what_exim_shows_and_returns_without_an_id_is_read(text: str) -> None:
    (event,) = read(text)

    assert (EventKind.FAILED, "ada@example.net") == (event.kind, event.recipient)
    assert event.failure is not None
    assert (550, "5.1.1", Phase.RCPT_TO) == (event.failure.code, event.failure.enhanced, event.failure.phase)


def test_a_failed_login_shown_without_an_id_is_one_try() -> None:
    (attempt,) = tries(
        "plain authenticator failed H=smtp.example.org [192.0.2.25] 535 5.7.8 bad password",
        "== ada@example.net R=smarthost T=smtp defer (-42): authentication required but "
        "authentication attempt(s) failed",
    )

    assert 535 in [event.failure.code for event in attempt.events if event.failure]


def test_the_end_of_all_retries_is_no_timeout_of_the_connection() -> None:
    (alone,) = read(f"{ID} ** ada@example.net: retry timeout exceeded")
    (told,) = read(f"{REFUSED}: retry timeout exceeded")

    assert (EventKind.FAILED, None, True) == (alone.kind, alone.failure, alone.is_final)
    assert told.failure is not None
    assert "timeout" not in told.failure.normal


def test_mail_that_is_only_queued_was_not_tried() -> None:
    (event,) = read(
        f"{ID} == ada@example.net R=dnslookup T=smtp defer (-1): domain matches queue_smtp_domains, or -odqs set"
    )

    assert EventKind.NOTICE is event.kind


def test_a_hang_up_after_the_mail_was_taken_is_no_failure() -> None:
    hangup = f"{ID} H=smtp.example.org [192.0.2.25] TLS error on connection (recv): non-properly terminated."

    (attempt,) = tries(hangup, DELIVERED)

    assert Outcome.ACCEPTED == attempt.outcome


def test_waiting_for_the_retry_time_is_no_try() -> None:
    assert [] == tries(
        f"{ID} == ada@example.net R=smarthost T=remote_smtp defer (-53): retry time not reached for any host"
    )


@pytest.mark.parametrize(
    "refusal",
    [
        "H={client} F=<web@example.org> rejected RCPT <ada@example.net>: relay not permitted",
        "1Ai79e-0000Dq-8i F=web@example.org H={client} P=smtp rejected by local_scan(): not wanted",
        "login authenticator failed for {client} I=[10.0.0.1]:25: 535 Incorrect authentication data (set_id=web)",
        'SMTP protocol error in "AUTH LOGIN" H={client} I=[10.0.0.1]:587 AUTH command used when not advertised',
        "SMTP protocol synchronization error (input sent without waiting): rejected connection from H={client}",
        'SMTP call from {client} dropped: too many syntax or protocol errors (last command was "HELP")',
    ],
)
@pytest.mark.parametrize(
    ("client", "is_ours"),
    [
        ("(app) [172.18.0.4]:40112", True),
        ("mail.example.com (h) [203.0.113.8]", False),
        ("([192.168.2.102]) [203.0.113.8]:41556", False),
    ],
)
def test_a_refused_client_counts_where_it_is_ours(refusal: str, client: str, is_ours: bool) -> None:
    (event,) = read(f"2026-11-20 09:14:05 {refusal.format(client=client)}")

    assert event.kind == (EventKind.FAILED if is_ours else EventKind.NOTICE)


@pytest.mark.parametrize(
    "line",
    [f"{ID} Completed", "2026-11-20 09:14:05 Start queue run: pid=7"],
)
def test_other_lines_are_left_alone(line: str) -> None:
    assert () == read(line)


@given(st.text(), st.sampled_from([REFUSED, PUT_OFF, DELIVERED]), st.integers(0, 200))
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, text: str, cut: int) -> None:
    for odd in (noise, text[:cut] + noise + text[cut:], text[:cut]):
        assert not read(odd) or any(anchor in odd for anchor in GRAMMAR.anchors)


@pytest.mark.parametrize(
    ("fields", "message_id"),
    [
        ("H=localhost [127.0.0.1] P=esmtp S=476 id=17952.38108@chat.example.org", "17952.38108@chat.example.org"),
        ("U=root P=local S=342", None),
        ('U=root P=local S=342 T="Your id=1234 is here"', None),
    ],
    ids=["by SMTP", "without Message-ID", "only in its subject"],
)
def test_an_arrival_tells_the_message_id(fields: str, message_id: str | None) -> None:
    (event,) = read(f"{ID} <= web@example.org {fields}")

    assert (EventKind.ENQUEUED, message_id) == (event.kind, event.message_id)
