"""A mail that came back is one try for each recipient, whichever of its parts were copied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, assemble_attempts
from maillogdiag.grammars.returned_mail import GRAMMAR
from maillogdiag.joining import join_lines
from maillogdiag.records import Line, Place, Record

UNKNOWN = """\
<ada@example.net>: host mx.example.net[192.0.2.5] said: 550 5.1.1
    <ada@example.net>: User unknown (in reply to RCPT TO
    command)
"""
FULL = """\
<eve@example.com>: host mx.example.com[192.0.2.6] said: 552 5.2.2 Mailbox full
    (in reply to end of DATA command)
"""
STATUS = """\
Reporting-MTA: dns; mx.example.org
X-Postfix-Queue-ID: 4F6B21E0A3
Arrival-Date: Fri, 20 Nov 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; ada@example.net
Original-Recipient: rfc822;ada@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.net>: User
    unknown

Final-Recipient: rfc822; eve@example.com
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full
"""
NO_HOST = """\
Final-Recipient: rfc822; ada@nowhere.example
Action: failed
Status: 5.4.4
Diagnostic-Code: X-Postfix; Host or domain name not found. Name service error
    for name=nowhere.example type=AAAA: Host not found
"""


def tries(text: str) -> list[Attempt]:
    lines = [Line(line, Place("bounce.txt", number)) for number, line in enumerate(text.splitlines(), 1)]
    return list(assemble_attempts(event for record in join_lines(lines) for event in GRAMMAR.read(record)))


def said(attempt: Attempt) -> tuple[int | None, str | None]:
    failure = attempt.events[0].failure
    assert failure is not None
    return failure.code, failure.enhanced


BOTH = [(550, "5.1.1"), (552, "5.2.2")]


@pytest.mark.parametrize(
    "text",
    [f"{UNKNOWN}\n{FULL}", STATUS, f"{UNKNOWN}\n{FULL}\n{STATUS}", f"The mail system\n\n{UNKNOWN}\n{FULL}\n{STATUS}"],
    ids=["Postfix's words", "status", "both", "with what stands above"],
)
def test_each_recipient_is_one_try(text: str) -> None:
    assert [said(attempt) for attempt in tries(text)] == BOTH
    assert {attempt.app for attempt in tries(text)} == {"postfix"}


def test_a_status_without_its_recipient_is_told_by_the_words() -> None:
    alone = [line for line in STATUS.splitlines() if line.startswith(("Diagnostic-Code", "    "))]
    text = f"{UNKNOWN}{alone[0]}\n{alone[1]}\n{FULL}{alone[2]}\n"

    assert [said(attempt) for attempt in tries(text)] == BOTH


@pytest.mark.parametrize(
    "text", [NO_HOST, f"<ada@nowhere.example>: {NO_HOST.partition('X-Postfix; ')[2]}"], ids=["status", "words"]
)
def test_what_no_server_replied_is_read_too(text: str) -> None:
    (attempt,) = tries(text)

    failure = attempt.events[0].failure
    assert failure is not None
    assert "name=nowhere.example type=aaaa: host not found" in failure.normal
    assert failure.enhanced == ("5.4.4" if text is NO_HOST else None)


@pytest.mark.parametrize(
    "text",
    [
        STATUS.replace("failed", "relayed"),
        "<ada@example.net>: Recipient address rejected: Greylisted",
        "<ada@example.net>: hosts say hello",
        "Final-Recipient: rfc822; ada@example.net\nAction: delivered\nStatus: 2.0.0\n",
    ],
    ids=["relayed", "a server's reply", "other words", "delivered"],
)
def test_what_is_no_returned_mail_is_left_alone(text: str) -> None:
    assert [] == tries(text)


@given(st.text(), st.sampled_from([UNKNOWN, STATUS, NO_HOST]), st.integers(0, 300))
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, text: str, cut: int) -> None:
    for odd in (noise, f"{text[:cut]}{noise}{text[cut:]}", text[:cut]):
        events = list(GRAMMAR.read(Record(odd, Place("bounce.txt", 1))))
        assert not events or any(anchor in odd for anchor in GRAMMAR.anchors)
