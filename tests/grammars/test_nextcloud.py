"""Nextcloud's mail failures are read from its log, its log reader and its settings page, in all releases' words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event
from maillogdiag.failures import Phase
from maillogdiag.grammars.nextcloud import GRAMMAR
from maillogdiag.joining import join_lines
from maillogdiag.records import Line, Place, Record

REPLY = 'Expected response code "250" but got code "550", with message "550 5.7.1 not yours".'


def entry(message: object, app: str = "core", **members: object) -> str:
    """A line of nextcloud.log."""
    head = {"reqId": "q1", "level": 3, "time": "2026-11-20T09:14:05+00:00", "remoteAddr": "192.0.2.9", "user": "ada"}
    return json.dumps(
        head | {"app": app, "method": "POST", "url": "/settings/admin/mailtest", "message": message} | members
    )


def read(text: str, line: int = 1) -> tuple[Event, ...]:
    return tuple(GRAMMAR.read(Record(text, Place("nextcloud.log", line))))


def tries(*lines: str) -> list[Attempt]:
    return list(assemble_attempts(event for number, text in enumerate(lines, 1) for event in read(text, number)))


THROWN = {"Exception": "Symfony\\Component\\Mailer\\Exception\\TransportException", "Message": REPLY, "Code": 550}
SHAPES = {
    "exception beside the message": entry('Sending mail to "Array" with subject "Hi" failed', exception=THROWN),
    "message is an exception": entry({"Exception": "Swift_TransportException", "Message": REPLY, "Trace": []}),
    "exception within the message": entry(
        "Exception: " + json.dumps({"Exception": "Swift_X", "Message": REPLY, "Code": 1})
    ),
    "cut off": entry({"Exception": "Swift_TransportException", "Message": REPLY, "Trace": ["x"] * 9})[:400],
    "cut off behind the message": entry('Sending mail to "Array" with subject "Hi" failed', exception=THROWN)[:420],
    "pretty-printed, without its beginning": '"version":"31.0.1",\n"exception":{\n"Exception":"Swift_X",\n'
    f'"Message":{json.dumps(REPLY)},',
    "log reader": f"Error | core | Swift_TransportException: {REPLY} | 2026-11-20T09:14",
    "settings page": f"A problem occurred while sending the email. Please revise your settings. (Error: {REPLY})",
    "error log": f"[nextcloud][core][3] Swift_TransportException: {REPLY}",
    "dialogue": entry(f"Log data: ++ Starting Swift_SmtpTransport << 220 x >> EHLO h !! {REPLY} >> RSET << 250 Ok"),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_failure_is_read_in_every_shape(text: str) -> None:
    (event,) = read(text)

    assert event.failure is not None
    assert (550, "5.7.1") == (event.failure.code, event.failure.enhanced)
    assert any(anchor in text for anchor in GRAMMAR.anchors)


def test_the_entry_s_own_time_is_taken() -> None:
    (event,) = read(SHAPES["message is an exception"])

    assert datetime(2026, 11, 20, 9, 14, 5, tzinfo=UTC) == event.record.time


@pytest.mark.parametrize(
    ("message", "phase"),
    [
        (
            'Connection could not be established with host "smtp.example.org:587": stream_socket_client(): Unable',
            "connect",
        ),
        ("Unable to connect with STARTTLS: stream_socket_enable_crypto(): SSL operation failed", "starttls"),
        (
            'Failed to authenticate on SMTP server with username "a" using the following authenticators: "LOGIN".',
            "auth",
        ),
        ('Expected response code "250/251/252" but got code "553", with message "553 no".', "rcpt-to"),
        ('Expected response code "354" but got code "503", with message "503 no".', "data"),
        ("Expected response code 220 but got an empty response", "greeting"),
    ],
)
def test_the_words_tell_the_phase(message: str, phase: Phase) -> None:
    (event,) = read(entry({"Exception": "Swift_TransportException", "Message": message}))

    assert event.failure is not None
    assert phase == event.failure.phase


def test_php_s_warning_and_the_exception_after_it_are_one_try() -> None:
    warning = "stream_socket_client(): unable to connect to ssl://smtp.example.org:465 (Connection refused)"

    (attempt,) = tries(entry(warning, "PHP"), SHAPES["message is an exception"])

    assert (Outcome.FAILED, 2) == (attempt.outcome, len(attempt.events))


def test_sent_mail_after_a_refusal_is_no_success() -> None:
    (attempt,) = tries(SHAPES["dialogue"], entry('Sent mail to "Array" with subject "Hi"'))

    assert Outcome.FAILED == attempt.outcome


def test_the_words_of_an_object_that_is_cut_off_are_read_in_any_script() -> None:
    refused = 'Connection could not be established with host "mail": stream_socket_client(): Unable (Σύνδεση 🚫)'
    (event,) = read(entry(refused, exception={"Exception": "Swift_TransportException", "Message": refused})[:-1])

    assert event.failure is not None
    assert refused == event.failure.text


def test_the_trace_is_no_part_of_the_words() -> None:
    (event,) = read(
        'Swift_TransportException: Expected response code 250 but got code "421", with message "421 later" in '
        "/var/www/nextcloud/Swift/Transport.php:451 Stack trace: #0 /var/www/nextcloud/a.php(535): b('554 5.7.1')"
    )

    assert event.failure is not None
    assert (421, None) == (event.failure.code, event.failure.enhanced)


@pytest.mark.parametrize(
    "frames",
    [
        "1.\t/srv/nextcloud/3rdparty/swiftmailer/lib/classes/Swift/Transport/Smtp.php - line 341:\n"
        'Swift_Transport_Smtp->assertResponseCode("421 a", [ 250])\n'
        "2.\t/srv/nextcloud/lib/private/Mail/Mailer.php - line 90:\nOC\\Mail\\Mailer->send(OC\\Mail\\Message {})",
        "0. /srv/nextcloud/3rdparty/symfony/mailer/Transport/Smtp/SmtpTransport.php line 281\n"
        "   Symfony\\Component\\Mailer\\Transport\\Smtp\\SmtpTransport->assertResponseCode()\n"
        "1. /srv/nextcloud/lib/private/Mail/Mailer.php line 90\n   OC\\Mail\\Mailer->send()",
    ],
    ids=["numbered, older", "numbered"],
)
def test_the_frames_that_the_log_reader_shows_are_of_the_failure_above(frames: str) -> None:
    lines = [f"Swift_TransportException: {REPLY}", *frames.splitlines()]
    records = join_lines(Line(text, Place("paste.txt", number)) for number, text in enumerate(lines, 1))

    (event,) = [event for record in records for event in GRAMMAR.read(record)]

    assert event.app == "nextcloud"
    assert event.failure is not None
    assert (550, "5.7.1", "assertResponseCode" in event.failure.text) == (
        event.failure.code,
        event.failure.enhanced,
        False,
    )


def test_what_php_says_of_a_socket_that_is_not_there_is_no_failure_of_its_own() -> None:
    words = "stream_set_timeout() expects parameter 1 to be resource, null given at /srv/nextcloud/Swift/Stream.php#279"

    assert [] == tries(f"[PHP] Error: {words}")


OTHERS = {
    "IMAP": entry({"Exception": "Horde_Imap_Client_Exception", "Message": "Error connecting to mail server."}, "mail"),
    "account at IMAP": entry("Creating account failed: Error connecting to IMAP server.", "mail"),
    "LDAP": entry("Lost connection to LDAP server: timed out", "user_ldap", url="/login"),
    "update check": entry(
        "stream_socket_client(): unable to connect to tcp://updates.example.com:443", "PHP", url="/a"
    ),
    "socket of IMAP": entry(
        "stream_socket_client(): Unable to connect to tls://mail.example.org:993 (Connection refused)", "PHP", url="/a"
    ),
    "a backtrace's file": "/var/www/nextcloud/3rdparty/swiftmailer/lib/classes/Swift/Transport.php - line 7:",
    "a backtrace's call": "Swift_Transport_StreamBuffer->startTLS()",
    "mail that left": entry("Refresh of mailboxes done", "mail"),
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_not_outgoing_mail_is_left_alone(text: str) -> None:
    assert () == read(text)


@given(st.text(), st.sampled_from([*SHAPES.values(), *OTHERS.values()]), st.integers(0, 400))
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, text: str, cut: int) -> None:
    for odd in (noise, text[:cut] + noise + text[cut:], text[:cut]):
        assert not read(odd) or any(anchor in odd for anchor in GRAMMAR.anchors)
