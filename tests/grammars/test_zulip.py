"""What Zulip logs about mail is read in both its line formats, and one failed mail counts once over all its files."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Phase
from maillogdiag.grammars.zulip import GRAMMAR
from maillogdiag.joining import join_lines
from maillogdiag.records import Line, Place, Record

FRAMES = """Traceback (most recent call last):
  File "/home/zulip/deployments/2024-05-01-10-00-00/zerver/lib/send_email.py", line 320, in send_email
    if connection.send_messages([mail]) == 0:
       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/zulip-venv-cache/0a/zulip-py3-venv/lib/python3.10/site-packages/django/core/mail/backends/smtp.py", line 125, in _send
    self.connection.sendmail(from_email, recipients, message.as_bytes(linesep="\\r\\n"))
"""  # noqa: E501
STACK = """Stack (most recent call last):
  File "/home/zulip/deployments/current/manage.py", line 150, in <module>
    execute_from_command_line(sys.argv)
"""
REFUSED_SENDER = "smtplib.SMTPSenderRefused: (553, b'5.7.1 not yours', 'noreply-q1w2@chat.example.org')\n"
NOT_DELIVERED = (
    "\nThe above exception was the direct cause of the following exception:\n\n"
    + FRAMES
    + "zerver.lib.send_email.EmailNotDeliveredError\n"
)
TO_ANN = "zerver/emails/invitation email to ['Ann <ann@example.net>']"
EVENT = (
    "Event {'template_prefix': 'zerver/emails/invitation', 'to_emails': ['ann@example.net'], 'context': "
    "{'referrer_full_name': 'Bob'}, 'failed_tries': 4} failed due to exception EmailNotDeliveredError\n"
)


def own(time: str, level: str, origin: str, message: str) -> str:
    """A line of errors.log, server.log, workers.log."""
    return f"2024-05-06 10:00:{time} {level:<4} [{origin}] {message}\n"


def plain(time: str, level: str, message: str) -> str:
    """A line of send_email.log."""
    return f"2024-05-06 10:00:{time.replace('.', ',')} {level:<8} {message}\n"


def sending(time: str) -> str:
    return own(time, "INFO", "zulip.send_email", f"Sending {TO_ANN} in acme (triggered from 192.0.2.7)")


def error(time: str) -> str:
    return own(time, "ERR", "zulip.send_email", ERROR) + FRAMES + REFUSED_SENDER + STACK


ERROR = f"Error sending {TO_ANN} with error code 553: b'5.7.1 not yours'"


def events(text: str, source: str = "server.log") -> Iterable[Event]:
    lines = [Line(line, Place(source, number)) for number, line in enumerate(text.splitlines(), 1)]
    for record in join_lines(lines):
        if any(anchor in record.text for anchor in GRAMMAR.anchors):
            yield from GRAMMAR.read(record)


def only_event(text: str) -> Event:
    (event,) = events(text)
    return event


def attempts(*files: str) -> list[Attempt]:
    read = [event for number, file in enumerate(files) for event in events(file, f"{number}.log")]
    return list(assemble_attempts(read))


def outcomes(*files: str) -> list[Outcome]:
    return [attempt.outcome for attempt in attempts(*files)]


@pytest.mark.parametrize(
    "line",
    [
        own("01.250", "ERR", "zulip.send_email", ERROR),
        own("01.250", "ERR", "zulip.send_email", ERROR.replace("code", "core")),
        own("01.250", "ERR ", "zulip.send_email:9800", ERROR),
        own("01.250", "ERR", "x", ERROR).replace("ERR  ", "ERR  pid:4711 "),
        plain("01.250", "ERROR", ERROR),
        plain("01.250", "ERROR", ERROR).replace(" ERROR    ", "ERROR    "),
        ERROR,
        "> `" + own("01.250", "ERR", "zulip.send_email", ERROR),
    ],
    ids=["own", "typo of 2021", "tornado", "with pid", "plain", "plain of 2017", "head lost", "quoted"],
)
def test_an_error_is_read_in_every_shape(line: str) -> None:
    event = only_event(line)

    assert EventKind.FAILED is event.kind
    assert event.failure is not None
    assert (553, "5.7.1") == (event.failure.code, event.failure.enhanced)
    assert ("invitation", "ann@example.net") == (event.mail, event.recipient)


def test_class_and_phase_come_from_the_traceback_below_the_error() -> None:
    failure = only_event(error("01.250")).failure

    assert failure is not None
    assert ("smtplib.SMTPSenderRefused", Phase.MAIL_FROM) == (failure.exception, failure.phase)
    assert failure.text.startswith("with error code 553")


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("{'Ann <ann@example.net>': (550, b'5.1.1 no such user')}", 550),
        ("Connection unexpectedly closed", None),
        ("[Errno -3] Temporary failure in name resolution", None),
    ],
)
def test_an_error_may_have_a_text_instead_of_a_code(reason: str, code: int | None) -> None:
    failure = only_event(plain("01.250", "ERROR", f"Error sending {TO_ANN}: {reason}")).failure

    assert failure is not None
    assert (reason, code) == (failure.text, failure.code)


@pytest.mark.parametrize("words", ["Unknown error sending", "Error sending"])
def test_an_error_without_a_reason_is_a_failure_all_the_same(words: str) -> None:
    event = only_event(plain("01.250", "ERROR", f"{words} password_reset email to ['']"))

    assert (EventKind.FAILED, "password_reset", None) == (event.kind, event.mail, event.recipient)


def test_a_mail_that_began_and_has_no_error_was_accepted() -> None:
    log = sending("01.100") + sending("05.100") + error("05.300") + sending("09.100")

    assert [Outcome.ACCEPTED, Outcome.FAILED, Outcome.UNKNOWN] == outcomes(log)


def test_the_same_failure_in_several_files_counts_once() -> None:
    send_email = (
        plain("01.100", "INFO", f"Sending {TO_ANN}") + plain("01.250", "ERROR", ERROR) + FRAMES + REFUSED_SENDER
    )
    server = sending("01.100") + error("01.250")

    assert [Outcome.FAILED] == outcomes(error("01.250"), send_email, server)


def test_the_four_tries_of_the_worker_and_its_giving_up_are_four_attempts_of_one_mail() -> None:
    tries = "".join(sending(f"01.{n}00") + error(f"01.{n}50") for n in range(1, 5))
    given_up = own("01.470", "ERR", "", EVENT.rstrip()) + FRAMES + REFUSED_SENDER + NOT_DELIVERED

    found = attempts(tries + given_up)

    assert [Outcome.FAILED] * 4 == [attempt.outcome for attempt in found]
    assert 1 == len({attempt.message for attempt in found})


def test_tries_that_zulip_says_nothing_of_were_not_accepted_where_the_mail_is_given_up() -> None:
    """Zulip up to 3 logs neither a failed try nor that it tries again."""
    log = "".join(sending(f"0{second}.000") for second in range(4)) + own("04.000", "ERR", "", EVENT) + FRAMES
    next_hour = sending("05.000").replace(" 10:", " 11:") + sending("06.000").replace(" 10:", " 11:").replace(
        "ann@", "bo@"
    )

    assert Outcome.ACCEPTED not in outcomes(log + REFUSED_SENDER)
    assert Outcome.ACCEPTED in outcomes(log + REFUSED_SENDER + next_hour)


def test_a_mail_of_which_only_the_giving_up_is_left_is_one_failure_with_its_reason() -> None:
    (attempt,) = attempts(own("01.470", "ERR", "", EVENT.rstrip()) + FRAMES + REFUSED_SENDER + NOT_DELIVERED)

    assert Outcome.FAILED is attempt.outcome
    assert attempt.events[0].failure is not None
    assert 553 == attempt.events[0].failure.code


def test_a_cut_giving_up_has_no_invented_reason() -> None:
    event = only_event(own("01.470", "ERR", "", EVENT.rstrip()) + FRAMES)

    assert event.failure is not None
    assert "failed due to exception EmailNotDeliveredError" == event.failure.text


def test_the_page_that_failed_with_its_mail_adds_no_attempt() -> None:
    page = own("01.290", "ERR", "django.request", "Internal Server Error: /accounts/home/")

    assert [Outcome.FAILED] == outcomes(
        sending("01.100") + error("01.250") + page + FRAMES + REFUSED_SENDER + NOT_DELIVERED
    )


@pytest.mark.parametrize(
    "head",
    [
        own("01.290", "ERR", "django.request", "Internal Server Error: /register/"),
        own("01.290", "ERR", "", "Problem handling data on queue email_senders"),
        plain("01.290", "ERROR", "Internal Server Error: /register/"),
    ],
)
def test_a_socket_error_below_send_email_is_the_failure_of_the_mail_that_began(head: str) -> None:
    """Up to Zulip 9 send_email caught SMTPException alone: refused, DNS and TLS stand only with the caller."""
    frame = '  File "/usr/lib/python3.10/smtplib.py", line 341, in connect\n    self.sock = self._get_socket()\n'
    trace = FRAMES + frame + "ConnectionRefusedError: [Errno 111] Connection refused\n"

    (attempt,) = attempts(sending("01.100") + head + trace + STACK)

    assert Outcome.FAILED is attempt.outcome
    assert "zulip" == attempt.app


def test_whose_request_failed_is_no_reason() -> None:
    """Zulip's mail to the administrators, cut below the frames."""
    mail = "Error generated by Anonymous user (not logged in) on chat deployment\n\n"

    (attempt,) = attempts(mail + FRAMES)

    assert not any("logged in" in event.failure.text for event in attempt.events if event.failure)


def test_the_mail_to_the_administrators_tells_one_failure() -> None:
    mail = f"Subject: [Django] chat: {ERROR}\n\nLogger zulip.send_email, from module zerver.lib.send_email line 297:\n"

    assert 1 == len(
        attempts(mail + "Error generated by Anonymous user on chat deployment\n\n" + FRAMES + REFUSED_SENDER)
    )


def test_a_worker_that_took_too_long_is_a_failure() -> None:
    event = only_event(own("30.000", "WARN", "", "Timed out in email_senders after 30 seconds processing 1 events"))

    assert EventKind.FAILED is event.kind


def test_a_scheduled_mail_that_fails_for_ever_is_one_mail_with_many_attempts() -> None:
    line = (
        "<ScheduledEmail: 12 [<UserProfile: ann@example.net <Realm: acme 2>>] 2024-05-06 09:00:00+00:00> not delivered"
    )

    found = attempts("".join(plain(f"{second:02}.500", "WARNING", line) for second in (1, 7, 13)))

    assert [Outcome.FAILED] * 3 == [attempt.outcome for attempt in found]
    assert {"scheduled:12"} == {attempt.message for attempt in found}


def test_a_scheduled_mail_is_tied_to_the_error_that_says_why() -> None:
    late = (
        "<ScheduledEmail: 12 [<UserProfile: ann@example.net <Realm: acme 2>>] 2024-05-06 09:00:00+00:00> not delivered"
    )

    assert [Outcome.FAILED] == outcomes(error("01.250") + own("01.300", "WARN", "zerver.x", late))


def test_a_worker_that_supervisor_restarts_over_and_over_is_one_stalled_queue() -> None:
    loop = "".join(
        plain(f"{second:02}.500", "INFO", message)
        for second in range(0, 50, 10)
        for message in (
            "exited: zulip_events_email_senders (exit status 1; not expected)",
            "spawned: 'zulip_events_email_senders' with pid 197",
        )
    )

    (attempt,) = attempts(loop)

    assert Outcome.FAILED is attempt.outcome
    assert attempt.events[0].failure is not None
    assert "exited: zulip_events_email_senders" in attempt.events[0].failure.text


@pytest.mark.parametrize("message", ["with code 0; expected", "exit status 0; expected"])
def test_a_worker_that_was_stopped_is_no_stalled_queue(message: str) -> None:
    assert [] == attempts(plain("01.500", "INFO", f"exited: zulip_events_email_senders ({message})"))


def test_an_unset_password_is_told_but_is_no_attempt() -> None:
    line = own(
        "01.000", "ERR", "zulip.send_email",
        "An SMTP username was set (EMAIL_HOST_USER), but password is unset (EMAIL_HOST_PASSWORD).",
    )  # fmt: skip

    assert EventKind.NOTICE is only_event(line).kind
    assert [Outcome.ACCEPTED, Outcome.UNKNOWN] == outcomes(line + sending("01.100") + line + sending("02.100"))


def test_the_test_command_tells_one_failure_though_its_transcript_repeats_it() -> None:
    output = """Sending 2 test emails from:
  * support@chat.example.org
  * noreply-q1w2@chat.example.org
Failed to send mails: {'ann@example.net': (553, b'5.7.1 <noreply-q1w2@chat.example.org>: not owned by user')}

Full SMTP log follows:
connect: to ('smtp.example.org', 587) None
send: 'mail FROM:<noreply-q1w2@chat.example.org> size=309\\r\\n'
reply: b'250 2.1.0 Ok\\r\\n'
reply: retcode (250); Msg: b'2.1.0 Ok'
send: 'rcpt TO:<ann@example.net>\\r\\n'
reply: b'553 5.7.1 <noreply-q1w2@chat.example.org>: not owned by user\\r\\n'
reply: retcode (553); Msg: b'5.7.1 <noreply-q1w2@chat.example.org>: not owned by user'
CommandError: Email sending failed!
"""
    from maillogdiag.grammars.django import GRAMMAR as DJANGO

    lines = [Line(line, Place("-", number)) for number, line in enumerate(output.splitlines(), 1)]
    read = [event for record in join_lines(lines) for event in (GRAMMAR.read(record) or DJANGO.read(record))]

    assert [Outcome.FAILED] == [attempt.outcome for attempt in assemble_attempts(read)]


def test_a_test_command_without_a_host_is_a_failure() -> None:
    assert EventKind.FAILED is only_event("CommandError: Outgoing email not yet configured, see").kind


def test_the_reply_that_only_the_traceback_has_counts() -> None:
    log = (
        own("01.000", "ERR", "zulip.send_email", f"Error sending {TO_ANN}: SMTPSenderRefused") + FRAMES + REFUSED_SENDER
    )
    (attempt,) = attempts(log)

    assert [(553, "5.7.1")] == [
        (event.failure.code, event.failure.enhanced) for event in attempt.events if event.failure
    ]


@pytest.mark.parametrize(
    "log",
    [
        own("01.000", "ERR", "", "Problem handling data on queue missedmessage_mobile_notifications"),
        own("01.000", "ERR", "", "Problem handling data on queue outgoing_webhooks"),
        own("01.000", "INFO", "zr", "192.0.2.1       POST    200  90ms /json/invites (10@acme via website)"),
        own("01.000", "WARN", "zulip.ldap", "ann: LDAP server unreachable: Connection refused"),
        own("01.000", "INFO", "", "Batch-processing 2 missedmessage_emails events for user 12"),
        own("01.000", "ERR", "", "Event {'user_profile_id': 3, 'type': 'push'} failed due to exception Later"),
        own("01.000", "ERR", "", "Problem handling data on queue missedmessage_mobile_notifications")
        + 'Traceback (most recent call last):\n  File "/home/zulip/deployments/current/zerver/lib/remote_server.py", '
        'line 60, in send_to_push_bouncer\n    res = session.request()\n  File "/srv/zulip-py3-venv/lib/python3.10/'
        'site-packages/urllib3/connection.py", line 174, in _new_conn\n    conn = connection.create_connection()\n'
        "socket.timeout: timed out\n",
        plain(
            "01.000", "INFO", "exited: zulip_events_missedmessage_mobile_notifications (exit status 1; not expected)"
        ),
    ],
    ids=["push", "webhook", "request", "ldap", "batch", "event", "bouncer", "other worker"],
)
def test_what_is_not_outgoing_mail_is_left_alone(log: str) -> None:
    assert [] == attempts(log)


@given(st.text())
@example("2024-13-45 99:99:99.999 ERR  [] Error sending x email to ['a']")
@example("Event {'template_prefix': 'x'} failed")
def test_no_text_makes_it_raise(text: str) -> None:
    for line in (text, own("01.000", "ERR", "", text), f"Error sending {text}", f"Event {{'template_prefix': '{text}"):
        list(GRAMMAR.read(Record(line, Place("server.log", 1))))
