"""Postfix's lines make one try for each recipient and delivery; strangers at the door make none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Failure, Phase
from maillogdiag.grammars.postfix import GRAMMAR
from maillogdiag.records import Place, Record

TIME = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REFUSED = (
    "to=<ada@example.net>, relay=mx.example.net[192.0.2.5]:25, delay=0.6, delays=0.1/0/0.3/0.2, dsn=5.1.1, "
    "status=bounced (host mx.example.net[192.0.2.5] said: 550 5.1.1 <ada@example.net>: User unknown (see 1) "
    "(in reply to RCPT TO command))"
)
SENT = (
    "to=<ada@example.net>, relay=mx.example.net[192.0.2.5]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
    "status=sent (250 2.0.0 Ok: queued as 4F6B21E0A3)"
)
CUT_OFF = (
    "to=<ada@example.net>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, "
    "status=deferred (connect to mx.example.net[2001:db8::5]:25: Network is unreachable)"
)


def record(text: str, process: str | None = "postfix/smtp", pid: int = 7, line: int = 1) -> Record:
    return Record(text, Place("mail.log", line), TIME, "mx", None, process, pid)


def read(text: str, process: str | None = "postfix/smtp") -> tuple[Event, ...]:
    return tuple(GRAMMAR.read(record(text, process)))


def tries(*lines: str, process: str = "postfix/smtp", sources: int = 1) -> list[Attempt]:
    """The tries that the lines make, all of them in as many files."""
    records = [
        Record(text, Place(f"mail{copy}.log", number), TIME, "mx", None, process, 7)
        for copy in range(sources)
        for number, text in enumerate(lines, 1)
    ]
    return list(assemble_attempts(event for one in records for event in GRAMMAR.read(one)))


def failure_of(attempt: Attempt) -> Failure:
    return next(event.failure for event in reversed(attempt.events) if event.failure)


def test_a_delivery_line_tells_all_of_it() -> None:
    (event,) = read(f"4424441E46: {REFUSED}")

    assert (EventKind.FAILED, "queue:4424441E46", "ada@example.net") == (event.kind, event.message, event.recipient)
    assert event.failure is not None
    assert (550, "5.1.1", Phase.RCPT_TO) == (event.failure.code, event.failure.enhanced, event.failure.phase)
    assert ("mx.example.net", 25) == (event.failure.host, event.failure.port)
    assert event.failure.text.endswith("User unknown (see 1) (in reply to RCPT TO command)")


@pytest.mark.parametrize(
    "text",
    [
        f"Dec  4 14:44:07 postfix/smtp[2097]: 4424441E46: {REFUSED}",
        f"postfix/relay/smtp[31]: 4JgyGN3kgGzMCn: {REFUSED}",
        f"    Nov  3 18:06:25 mail postfix-out/smtp[1436]: 4424441E46: {REFUSED}",
        f"4JgyGN3kgGzMCn: {REFUSED}",
        REFUSED,
        REFUSED.partition("dsn=5.1.1, ")[2],
        REFUSED[:-40],
    ],
    ids=["no host", "program first", "indented", "message alone", "no id", "fragment", "cut off"],
)
def test_a_delivery_is_read_however_it_was_pasted(text: str) -> None:
    (event,) = read(text, process=None)

    assert EventKind.FAILED == event.kind
    assert event.failure is not None
    assert 550 == event.failure.code
    assert any(anchor in text for anchor in GRAMMAR.anchors)


def test_each_recipient_is_a_try_of_its_own() -> None:
    other = SENT.replace("ada@", "bob@")

    attempts = tries(f"A1B2C3D4: {REFUSED}", f"A1B2C3D4: {other}")

    assert [Outcome.FAILED, Outcome.ACCEPTED] == [attempt.outcome for attempt in attempts]


def test_several_servers_tried_for_one_mail_are_one_try() -> None:
    (attempt,) = tries(
        "connect to mx.example.net[192.0.2.5]:25: Connection timed out",
        "A1B2C3D4: host mx2.example.net[192.0.2.6] refused to talk to me: 421 4.7.0 busy",
        "connect to mx.example.net[2001:db8::5]:25: Network is unreachable",
        f"A1B2C3D4: {CUT_OFF}",
    )

    assert 4 == len(attempt.events)
    assert Outcome.FAILED == attempt.outcome


def test_a_server_that_failed_before_another_took_the_mail_is_no_failure() -> None:
    (attempt,) = tries("connect to mx.example.net[192.0.2.5]:25: Connection refused", f"A1B2C3D4: {SENT}")

    assert Outcome.ACCEPTED == attempt.outcome


def test_the_next_delivery_of_the_same_mail_is_the_next_try() -> None:
    assert 2 == len(tries(f"A1B2C3D4: {CUT_OFF}", f"B1B2C3D4: {CUT_OFF}"))


@pytest.mark.parametrize(
    "lines",
    [
        (f"A1B2C3D4: {REFUSED}",),
        ("connect to mx.example.net[192.0.2.5]:25: Connection timed out", f"A1B2C3D4: {CUT_OFF}"),
    ],
    ids=["delivery", "with the lines before it"],
)
def test_the_same_lines_in_two_files_count_once(lines: tuple[str, ...]) -> None:
    assert 1 == len(tries(*lines, sources=2))


def test_the_line_above_says_why_a_certificate_was_refused() -> None:
    (attempt,) = tries(
        "server certificate verification failed for mx.example.net[192.0.2.5]:25: certificate has expired",
        "A1B2C3D4: to=<ada@example.net>, relay=mx.example.net[192.0.2.5]:25, delay=1, delays=0/0/1/0, dsn=4.7.5, "
        "status=deferred (Server certificate not verified)",
    )

    assert Outcome.FAILED == attempt.outcome
    assert ["certificate has expired", "certificate not verified"] == [
        words
        for event in attempt.events
        for words in ("certificate has expired", "certificate not verified")
        if event.failure and words in event.failure.normal
    ]
    assert attempt.events[-1].failure is None


def test_an_unverified_certificate_alone_is_no_failure() -> None:
    attempts = tries(
        "CA certificate verification failed for mx.example.net[192.0.2.5]:25: num=65:no matching DANE TLSA records",
        "certificate verification failed for mx.example.net[192.0.2.5]:25: untrusted issuer /CN=Example",
        "Untrusted TLS connection established to mx.example.net[192.0.2.5]:25: TLSv1.3 with cipher X (256/256 bits)",
    )

    assert [] == attempts


@pytest.mark.parametrize(
    ("process", "text"),
    [
        ("postfix/smtp", "fatal: specify a password table via the `smtp_sasl_password_maps' configuration parameter"),
        ("postfix/pipe", "fatal: get_service_attr: unknown username: mailstore"),
        ("postfix/submission/smtpd", "fatal: no SASL authentication mechanisms"),
    ],
    ids=["smtp", "pipe", "smtpd"],
)
def test_a_fault_in_the_settings_is_a_failure(process: str, text: str) -> None:
    (event,) = read(text, process)

    assert event.failure is not None
    assert event.failure.text == text


def test_a_bounce_that_is_held_back_is_a_failure_that_is_tried_again() -> None:
    (event,) = read(f"4424441E46: {REFUSED.replace('bounced', 'SOFTBOUNCE')}")

    assert (EventKind.FAILED, False) == (event.kind, event.is_final)


def test_each_mail_of_the_queues_list_is_a_failure() -> None:
    reason = "(connect to mx.example.net[192.0.2.5]:25: Connection timed out)"
    listed = [Record(reason, Place("mailq.txt", number)) for number in (2, 6)]

    assert 2 == len(list(assemble_attempts(event for one in listed for event in GRAMMAR.read(one))))


def test_a_transport_that_is_not_there_fails_with_the_mails_that_need_it() -> None:
    (event,) = read("warning: connect to transport lmtp: Connection refused", "postfix/qmgr")

    assert event.kind is EventKind.NOTICE


REFUSALS = {
    "our network": (
        "NOQUEUE: reject: RCPT from app[172.18.0.4]: 554 5.7.1 <ada@example.net>: Relay access denied; "
        "from=<web@example.org> to=<ada@example.net> proto=ESMTP helo=<app>",
        True,
    ),
    "this machine": ("NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 553 5.7.1 <a@example.org>: no; from=<a>", True),
    "logged in": (
        "NOQUEUE: reject: RCPT from host.example.com[203.0.113.8]: 553 5.7.1 <a@example.org>: Sender address rejected: "
        "not owned by user web@example.org; from=<a@example.org> to=<ada@example.net> proto=ESMTP helo=<h>",
        True,
    ),
    "a stranger": (
        "NOQUEUE: reject: RCPT from unknown[203.0.113.8]: 454 4.7.1 <x@example.com>: Relay access denied; "
        "from=<spam@example.com> to=<x@example.com> proto=ESMTP helo=<h>",
        False,
    ),
    "our app's login": ("warning: app[10.0.0.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", True),
    "a stranger's login with a name": (
        "warning: unknown[203.0.113.8]: SASL LOGIN authentication failed: (reason unavailable), "
        "sasl_username=ada@example.org",
        False,
    ),
    "a stranger's login": ("warning: unknown[203.0.113.8]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", False),
}


@pytest.mark.parametrize(("text", "is_ours"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refused_client_counts_where_it_is_ours(text: str, is_ours: bool) -> None:
    assert is_ours == any(event.kind is not EventKind.NOTICE for event in read(text, "postfix/submission/smtpd"))


def test_what_postscreen_refuses_is_no_mail_of_ours_and_is_understood() -> None:
    text = (
        "NOQUEUE: reject: RCPT from [203.0.113.8]:52012: 550 5.7.1 Service unavailable; client [203.0.113.8] blocked "
        "using zen.example.org; from=<spam@example.com>, to=<x@example.com>, proto=ESMTP, helo=<h>"
    )
    assert [event.kind for event in read(text, "postfix/postscreen")] == [EventKind.NOTICE]


def test_a_client_that_tries_several_mechanisms_is_refused_once_a_mail() -> None:
    lines = [
        f"warning: app[10.0.0.9]: SASL {name} authentication failed: generic failure" for name in ("PLAIN", "LOGIN")
    ]
    for copies in (1, 2):
        assert len(tries(*lines, process="postfix/submission/smtpd", sources=copies)) == 1
    for seconds in (2, 60):
        later = TIME + timedelta(seconds=seconds)
        records = [
            Record(text, Place("mail.log", number), time, "mx", None, "postfix/smtpd", 7)
            for time in (TIME, later)
            for number, text in enumerate(lines, 1)
        ]
        assert len(list(assemble_attempts(event for one in records for event in GRAMMAR.read(one)))) == 2


def test_an_application_that_distrusts_our_certificate_is_one_failure() -> None:
    (attempt,) = tries(
        "SSL_accept error from app[172.18.0.4]: 0",
        "warning: TLS library problem: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:s3_pkt.c:1:",
        process="postfix/smtpd",
    )

    assert "unknown ca" in failure_of(attempt).normal


@pytest.mark.parametrize(
    "text",
    [
        "connect from unknown[203.0.113.8]",
        "lost connection after AUTH from unknown[203.0.113.8]",
        "A1B2C3D4: client=localhost[127.0.0.1]",
        "A1B2C3D4: message-id=<status=deferred@example.org>",
        "A1B2C3D4: removed",
        "A1B2C3D4: sender non-delivery notification: B1B2C3D4",
        "warning: hostname mx.example.com does not resolve to address 203.0.113.8",
        "Anonymous TLS connection established from app[172.18.0.4]: TLSv1.3 with cipher X (256/256 bits)",
    ],
)
def test_other_lines_are_left_alone(text: str) -> None:
    assert () == read(text, "postfix/smtpd")


@given(
    st.text(), st.sampled_from([REFUSED, SENT, CUT_OFF, *(text for text, _ in REFUSALS.values())]), st.integers(0, 300)
)
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, text: str, cut: int) -> None:
    for odd in (noise, f"A1B2C3D4: {text[:cut]}{noise}{text[cut:]}", text[:cut]):
        assert not read(odd) or any(anchor in odd for anchor in GRAMMAR.anchors)
