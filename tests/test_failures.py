"""One error text, whatever put something around it, is read into the same fields."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag import failures
from maillogdiag.failures import Phase, read_failure


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 no such user",
        "550-5.1.1 no such user",
        "Net::SMTPFatalError: 550 5.1.1 no such user",
        "Net::SMTPFatalError (550 5.1.1 no such user\n):",
        "Exception: Net::SMTPServerBusy 550 5.1.1 no such user",
        "#<Net::SMTPFatalError: 550 5.1.1 no such user\n>",
        "smtplib.SMTPDataError: (550, b'5.1.1 no such user')",
        "{'a@example.org': (550, b'5.1.1 no such user')}",
        "Error sending digest email to ['a@example.org'] with error code 550: b'5.1.1 no such user'",
        "permanent error (550): 5.1.1 no such user",
        "failed to set the to address: 550 5.1.1 no such user",
        "host mx.example.org[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)",
        'Expected response code "250" but got code "550", with message "550 5.1.1 no such user".',
        "msmtp: recipient address not accepted by the server\nmsmtp: server message: 550 5.1.1 no such user",
    ],
)
def test_code_and_status_are_found_in_every_wrapping(text: str) -> None:
    failure = read_failure(text)

    assert (550, "5.1.1") == (failure.code, failure.enhanced)


@pytest.mark.parametrize(
    "text",
    [
        "connect to mx.example.org[192.5.7.8]:25: Connection timed out",
        "mail to 552@example.org was refused",
        "the message has 535 KB",
        "timeout after 500 seconds",
        'Command died with status 255: "/usr/bin/tofax". Command output: no paper',
        "dial tcp 192.0.2.1:587: i/o timeout",
        "SSL_connect returned=1 errno=0 peeraddr=192.0.2.1:587 state=error: wrong version number",
        "Expected response code 220 but got an empty response",
        'Expected response code 250 but got code ""',
        "2026-11-03 09:15:20,545 ERROR Sending failed",
        '{"message": "not sent", "status_code": 500}',
        "Mailgun API response 502 (Bad Gateway)",
        "  275 delivering 1xUhAb-00000T-30",  # a process id, in Exim's output for a container
        'Mailjet API response 401 (Unauthorized): {"StatusCode": 401}',
    ],
)
def test_a_number_elsewhere_is_no_reply_code(text: str) -> None:
    assert read_failure(text).code is None


@pytest.mark.parametrize("text", ['{"version":"2.40.2","error":"no answer"}', "upgraded (4.38.17)"])
def test_a_version_is_no_status_code(text: str) -> None:
    assert read_failure(text).enhanced is None


@pytest.mark.parametrize(
    "text",
    [
        "error connecting to SMTP server 535 5.7.8 no such login",
        "Message=could not add smtp auth Parent=(535 5.7.8 no such login)",
    ],
)
def test_the_reply_is_found_behind_a_program_s_own_words(text: str) -> None:
    failure = read_failure(text)

    assert (535, "5.7.8") == (failure.code, failure.enhanced)


def test_the_lines_of_a_long_reply_become_one_text() -> None:
    one = read_failure("550-5.7.1 Our system has\n550-5.7.1 detected\n550 5.7.1 spam")

    assert "550-5.7.1 our system has detected spam" == one.normal


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("554 no (in reply to end of DATA command)", Phase.END_OF_DATA),
        ("554 no (in reply to RCPT TO command)", Phase.RCPT_TO),
        ("host a.example.org[192.0.2.1] refused to talk to me: 554 no", Phase.GREETING),
        ("smtplib.SMTPSenderRefused: (530, b'no', 'a@example.org')", Phase.MAIL_FROM),
        ("Net::SMTPAuthenticationError: 535 no", Phase.AUTH),
        ("send STARTTLS command: x509: no", Phase.STARTTLS),
        ("failed to issue MAIL command: 501 no", Phase.MAIL_FROM),
        ("failed to dial connection: SMTP AUTH failed: 535 no", Phase.AUTH),
    ],
)
def test_the_step_of_the_dialogue_is_found(text: str, phase: Phase) -> None:
    assert phase == read_failure(text).phase


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ('Connection refused - connect(2) for "localhost" port 25', ("localhost", 25)),
        ("dial tcp [::1]:10025: connect: connection refused", ("[::1]", 10025)),
        ("connect to mail.example.org[192.0.2.1]:465: Connection timed out", ("mail.example.org", 465)),
    ],
)
def test_the_server_is_found(text: str, server: tuple[str, int]) -> None:
    failure = read_failure(text)

    assert server == (failure.host, failure.port)


def compiled(pattern: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(pattern.pattern, pattern.flags)


@pytest.mark.parametrize("place", [*failures._REPLY_PLACES, *failures._SERVERS])
@given(data=st.data())
def test_no_place_of_a_reply_or_a_server_is_without_its_words(place: failures._Worded, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(compiled(place.pattern)))

    assert place.search(text, text.lower())


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        *((place.pattern, failures._ANY_CODE) for place in failures._REPLY_PLACES),
        *((pattern, failures._ANY_ENHANCED) for pattern in failures._BARE_ENHANCED),
    ],
)
@given(data=st.data())
def test_no_place_is_without_a_code(pattern: re.Pattern[str], part: re.Pattern[str], data: st.DataObject) -> None:
    assert part.search(data.draw(st.from_regex(compiled(pattern))))


WORDS = st.text("abcdefgh", min_size=1, max_size=8)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=5), st.booleans())
def test_reading_a_long_reply_again_changes_nothing(lines: list[str], has_status: bool) -> None:
    status = "5.7.1 " if has_status else ""
    reply = "\n".join([*(f"550-{status}{line}" for line in lines[:-1]), f"550 {status}{lines[-1]}"])
    normal = read_failure(reply).normal

    assert reply[:4] + status + " ".join(lines) == normal
    assert read_failure(normal).normal == normal


@given(st.ip_addresses(v=4).map(str), st.integers(200, 599))
def test_no_code_is_read_out_of_an_address_a_size_or_a_time(address: str, number: int) -> None:
    failure = read_failure(
        f"to {number}@[{address}]:25: {number} KB of mail, gave up after {number} s, {address}:{number}"
    )

    assert (None, None) == (failure.code, failure.enhanced)


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    failure = read_failure(text)

    assert failure.code is None or 200 <= failure.code < 600
    assert failure.normal == failure.normal.lower()


def test_whom_it_concerns_makes_no_other_wording() -> None:
    text = "550 5.1.1 <{}@example.org>: no such user (id {})"
    ada, bob = (
        read_failure(text.format(*one)) for one in (("ada", "3f2a9c0d1e4b5a66"), ("b.o-b+x", "0011aa22bb33cc44"))
    )

    assert ada.normal == bob.normal
    assert "ada@example.org" in ada.text


def test_a_very_long_text_is_cut() -> None:
    assert 8192 == len(read_failure("x" * 1_000_000).text)
