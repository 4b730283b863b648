"""What Python programs log about their mail is read; the same socket errors of other clients are not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Failure, Phase
from maillogdiag.grammars.application_time import with_application_time
from maillogdiag.grammars.django import GRAMMAR
from maillogdiag.grammars.python_traceback import read_traceback
from maillogdiag.joining import join_lines
from maillogdiag.records import Line, Place, Record

TASK = "0b04541c-3e5d-4f17-904d-4349fcccb1ba"
SMTPLIB = '  File "/usr/lib/python3.11/smtplib.py", line 341, in connect\n    self.sock = self._get_socket(host)\n'
BACKEND = (
    '  File "/venv/django/core/mail/backends/smtp.py", line 131, in send_messages\n    sent = self._send(message)\n'
)
HTTP = '  File "/venv/urllib3/connection.py", line 174, in _new_conn\n    conn = connection.create_connection()\n'
WELCOME = '  File "/app/users/tasks.py", line 12, in send_welcome_email\n    deliver(user)\n'
HEADING = "Traceback (most recent call last):\n"
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused\n"


def celery(level: str, message: str) -> str:
    return f"[2025-03-04 05:06:07,375: {level}/ForkPoolWorker-1] {message}\n"


def events(text: str) -> Iterable[Event]:
    lines = [Line(line, Place("app.log", number)) for number, line in enumerate(text.splitlines(), 1)]
    for record in join_lines(lines):
        if any(anchor in record.text for anchor in GRAMMAR.anchors):
            yield from GRAMMAR.read(record)


def attempts(text: str) -> list[Attempt]:
    return list(assemble_attempts(events(text)))


def only_failure(text: str) -> Failure:
    """The only failure in a log."""
    (attempt,) = attempts(text)
    assert Outcome.FAILED is attempt.outcome
    return [event.failure for event in attempt.events if event.failure][-1]


def reason(text: str) -> str:
    return only_failure(text).text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("smtplib.SMTPDataError: (550, b'5.4.5 quota')", "smtplib.SMTPDataError: (550, b'5.4.5 quota')"),
        ("SMTPSenderRefused: (552, '5.3.4 too big', 'a@example.org')",) * 2,
        ("ERROR x: SMTPAuthenticationError(535, b'5.7.8 no')", "SMTPAuthenticationError(535, b'5.7.8 no')"),
        ("smtplib.SMTPServerDisconnected",) * 2,
        ("**Connection unexpectedly closed: timed out**", "Connection unexpectedly closed: timed out"),
        ("Config error: (534, b'5.7.9 App password')", "(534, b'5.7.9 App password')"),
        ('AppError(message="(535, b\'no\')", level=1)', "(535, b'no')\", level=1)"),
        ("Mail error: {'a@example.org': (550, b'5.1.1 who')}", "{'a@example.org': (550, b'5.1.1 who')}"),
        ("[WARNING] Error emailing documents: [Errno -2] Name not known", "[Errno -2] Name not known"),
        ("Could not send email: timed out", "timed out"),
        ("E-mail: STARTTLS extension not supported by server.", "STARTTLS extension not supported by server"),
        ("mailer failure, next one: error=SSLError(1, '[SSL: X] y')", "SSLError(1, '[SSL: X] y')"),
        ("DEBUG shop odoo.ir_mail_server: (553, 'Relaying disallowed')", "(553, 'Relaying disallowed')"),
        ("Errors: Exception raised 421 busy, check your credentials or email service configuration", "421 busy"),
        ("twisted.mail._except.AUTHRequiredError: 502 no schemes",) * 2,
        ("frappe.exceptions.OutgoingEmailError: Please setup default Email Account",) * 2,
        ("anymail.exceptions.AnymailRecipientsRefused: All message recipients were rejected",) * 2,
        (
            "ClientError: An error occurred (Throttling) when calling the SendRawEmail operation: Rate exceeded",
            "An error occurred (Throttling) when calling the SendRawEmail operation: Rate exceeded",
        ),
    ],
)  # fmt: skip
def test_a_line_says_why_a_mail_failed(line: str, expected: str) -> None:
    assert expected == reason(line)


def test_a_traceback_is_one_failure_with_its_exception() -> None:
    assert REFUSED.strip() == reason("Failed to send report\n" + HEADING + BACKEND + SMTPLIB + REFUSED)


def test_of_a_chain_the_exception_that_names_the_reply_is_the_reason() -> None:
    chain = (
        HEADING + SMTPLIB + "smtplib.SMTPDataError: (550, b'5.7.1 spam')\n"
        "\nDuring handling of the above exception, another exception occurred:\n\n"
        + HEADING + SMTPLIB + "smtplib.SMTPServerDisconnected: please run connect() first\n"
    )  # fmt: skip

    assert "smtplib.SMTPDataError: (550, b'5.7.1 spam')" == reason(chain)


def test_a_traceback_that_lost_its_beginning_is_one_failure() -> None:
    assert "socket.error: [Errno 111] Connection refused" == reason(
        SMTPLIB + "socket.error: [Errno 111] Connection refused\n"
    )


def test_a_traceback_that_lost_its_end_is_a_failure() -> None:
    assert "Task failed" == reason("Task failed\n" + HEADING + BACKEND)


def test_the_head_that_django_gives_any_failed_request_is_no_reason() -> None:
    head = "2026-11-03 09:15:20,545 ERROR    Internal Server Error: /accounts/login/\n"

    assert "ends before its exception" in reason(head + HEADING + BACKEND)


@pytest.mark.parametrize("margin", ["    ", "\t", "  "])
def test_a_traceback_that_is_indented_as_a_whole_is_read(margin: str) -> None:
    text = HEADING + BACKEND + SMTPLIB + REFUSED

    assert REFUSED.strip() == reason("".join(margin + line for line in text.splitlines(keepends=True)))


def test_a_traceback_whose_copy_lost_all_indentation_is_read() -> None:
    text = HEADING + BACKEND + SMTPLIB + "    ^^^^^^^^^^^\n" + SMTPLIB + REFUSED

    assert REFUSED.strip() == reason("".join(f"{line.lstrip()}\n" for line in text.splitlines()))


def test_odoo_s_exception_is_the_failure_that_it_quotes() -> None:
    log = (
        "2016-09-16 15:37:55,024 7 ERROR shop odoo.ir_mail_server: Mail delivery failed via SMTP server 'x'.\n"
        "SMTPServerDisconnected: please run connect() first\n"
        "2016-09-16 15:37:55,025 7 ERROR shop odoo.mail_mail: failed sending mail.mail 45\n"
        + HEADING
        + '  File "/odoo/addons/base/ir/ir_mail_server.py", line 503, in send_email\n    raise\n'
        + "MailDeliveryException: ('Failed', \"via 'x'.\\nSMTPServerDisconnected: please run connect() first\")\n"
    )

    assert 1 == len(attempts(log))


def test_anymail_s_exception_goes_on_below_its_first_line() -> None:
    frame = '  File "/venv/anymail/backends/base_requests.py", line 9, in raise_for_status\n    raise\n'
    exception = "anymail.exceptions.AnymailRequestsAPIError: Sending a message to a@example.org\n"
    response = 'Mailgun API response 400 (Bad Request):\n{\n  "message": "no text"\n}\n'

    assert '"message": "no text"' in reason(exception + response)
    assert '"message": "no text"' in reason(HEADING + frame + exception + response)


@pytest.mark.parametrize(
    ("frame", "exception"),
    [
        ("sendgrid/base_interface.py", "UnauthorizedError: HTTP Error 401: Unauthorized"),
        ("django/management/commands/sendtestemail.py", "ValueError: no"),
    ],
)
def test_the_path_tells_that_a_mail_was_to_be_sent(frame: str, exception: str) -> None:
    assert exception == reason(f'{HEADING}  File "/venv/{frame}", line 62, in send\n    x()\n{exception}\n')


def test_a_task_that_the_worker_does_not_know_is_a_mail_lost() -> None:
    line = (
        "Received unregistered task of type 'shop.tasks.send_order_mail'.\nThe message has been ignored and discarded."
    )

    assert "send_order_mail" in reason(celery("ERROR", line))
    assert [] == attempts(celery("ERROR", line.replace("send_order_mail", "fetch_mail")))


def test_a_traceback_cut_in_getreply_still_says_that_the_connection_was_closed() -> None:
    getreply = '  File "/usr/lib/python3.11/smtplib.py", line 405, in getreply\n    raise\n'

    assert "Connection unexpectedly closed" in reason("Task failed\n" + HEADING + SMTPLIB + getreply)


@pytest.mark.parametrize(
    ("functions", "phase"),
    [
        (("__init__", "connect", "_get_socket"), Phase.CONNECT),
        (("__init__", "connect", "getreply"), Phase.GREETING),
        (("sendmail", "ehlo_or_helo_if_needed", "ehlo", "getreply"), Phase.EHLO),
        (("login", "auth", "docmd", "getreply"), Phase.AUTH),
        (("sendmail", "mail", "getreply"), Phase.MAIL_FROM),
        (("sendmail", "data", "getreply"), Phase.END_OF_DATA),
        (("sendmail",), None),
    ],
)
def test_the_frames_tell_in_which_step_the_dialogue_broke_off(functions: tuple[str, ...], phase: Phase | None) -> None:
    frames = "".join(f'  File "/usr/lib/python3.11/smtplib.py", line 1, in {name}\n    x()\n' for name in functions)

    traceback = read_traceback(HEADING + BACKEND + frames + "TimeoutError: timed out\n")

    assert traceback is not None
    assert phase is traceback.phase


def test_a_traceback_escaped_in_json_is_read() -> None:
    escaped = (HEADING + SMTPLIB + REFUSED.strip()).replace('"', '\\"').replace("\n", "\\n")

    assert REFUSED.strip() == reason(f'{{"level": "error", "exc": "{escaped}"}}'.replace('"}', "\\n"))


def test_a_traceback_in_json_ends_with_its_member() -> None:
    object = {"level": "error", "exc": (HEADING + SMTPLIB + REFUSED).strip(), "status_code": 500}

    assert REFUSED.strip() == reason(json.dumps(object))
    assert REFUSED.strip() == reason(json.dumps(object, indent=2))


def test_a_traceback_in_json_that_lost_its_beginning_is_read() -> None:
    escaped = (SMTPLIB + SMTPLIB + REFUSED).replace("\n", "\\n")

    assert REFUSED.strip() in reason("ib/x.py, line 7, in f\\n" + escaped)


def test_functions_that_send_mail_make_a_socket_error_a_mail_failure() -> None:
    assert REFUSED.strip() == reason(HEADING + WELCOME + REFUSED)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            "SMTPDataError at /contact/\n\n(554, b'not verified')\n",
            "SMTPDataError: (554, b'not verified')",
        ),
        (
            "Request Method:\tPOST\nRequest URL:\thttp://example.org/x\nException Type:\tOSError\nException Value:\t\n"
            "[WinError 10051] unreachable network\nException Location:\tC:\\Python\\Lib\\socket.py, line 836\n",
            "OSError: [WinError 10051] unreachable network",
        ),
        (
            "ConnectionRefusedError at /accounts/signup/\n[Errno 111] Connection refused\n",
            "ConnectionRefusedError: [Errno 111] Connection refused",
        ),
    ],
)  # fmt: skip
def test_an_error_page_is_one_failure(page: str, expected: str) -> None:
    assert expected == reason(page)


def test_silent_retries_of_a_celery_task_and_its_end_are_one_attempt() -> None:
    retry = celery("INFO", f"Task shop.mail.mail_send_task[{TASK}] retry: Retry in 10s")
    raised = celery("ERROR", f"Task shop.mail.mail_send_task[{TASK}] raised unexpected: OSError(99, 'Cannot assign')")

    assert "OSError(99, 'Cannot assign')" == reason(retry + retry + raised)


def test_a_celery_line_is_read_behind_any_formatter() -> None:
    line = f"2025-03-04 05:06:07 ERROR [celery.app.trace:285] [{TASK}] Task a.b[{TASK}] raised unexpected: "

    assert "SMTPDataError(550, b'no')" == reason(line + "SMTPDataError(550, b'no')")


def test_each_retry_that_gives_its_reason_is_an_attempt_of_the_same_mail() -> None:
    line = f"Task app.send_email[{TASK}] retry: Retry in 5s: SMTPServerDisconnected('Connection unexpectedly closed')"

    found = attempts(celery("INFO", line) + celery("INFO", line).replace("05:06:07", "05:07:07"))

    assert [f"task:{TASK}"] * 2 == [attempt.message for attempt in found]


def test_a_celery_task_that_sends_mail_and_succeeds_is_accepted() -> None:
    (attempt,) = attempts(celery("INFO", f"Task app.tasks.send_welcome_email[{TASK}] succeeded in 1.2s: None"))

    assert Outcome.ACCEPTED is attempt.outcome


def test_odoo_says_once_why_though_it_prints_it_twice() -> None:
    log = (
        "2015-04-07 12:38:48,674 5156 ERROR db odoo.ir_mail_server: Mail delivery failed via SMTP server 'None'.\n"
        "SMTPRecipientsRefused: {'a@example.org': (554, '5.7.1 go away')}\n"
        "2015-04-07 12:38:48,675 5156 ERROR db odoo.mail_mail: failed sending mail (id: 7) due to Delivery Failed\n"
    )

    assert "SMTPRecipientsRefused: {'a@example.org': (554, '5.7.1 go away')}" == reason(log)


def odoo_lines(error: str) -> str:
    """What Odoo logs of one mail: an exception's arguments stand one a line (odoo/tools/misc.py, ustr)."""
    told = f"Mail delivery failed via SMTP server 'mail.example.org'.\n{error}"
    return (
        f"2020-04-07 12:38:48,674 7 INFO db odoo.ir_mail_server: {told}"
        f"2020-04-07 12:38:48,675 7 ERROR db odoo.mail_mail: failed sending mail (id: 7) due to Delivery Failed\n{told}"
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("SMTPSenderRefused: 553\n5.7.1 no such sender\nshop@example.org\n", (553, "5.7.1")),
        ("SMTPDataError: 550\n5.4.5 quota\n5.4.5 exceeded\n", (550, "5.4.5")),
        ("gaierror: -2\nName or service not known\n", (None, None)),
        ("error: 111\nConnection refused\n", (None, None)),
    ],
)
def test_odoo_breaks_an_exception_behind_its_number(error: str, expected: tuple[int | None, str | None]) -> None:
    failure = only_failure(odoo_lines(error))

    assert expected == (failure.code, failure.enhanced)
    assert error.splitlines()[1] in failure.text


def test_the_traceback_below_odoo_s_lines_is_of_the_same_mail() -> None:
    raised = HEADING + SMTPLIB + "smtplib.SMTPSenderRefused: (553, b'5.7.1 no such sender', 'shop@example.org')\n"

    log = odoo_lines("SMTPSenderRefused: 553\n5.7.1 no such sender\nshop@example.org\n") + "\n" + raised

    assert 1 == len(attempts(log))


def test_a_head_that_says_why_is_read_though_its_traceback_is_cut() -> None:
    head = "2021-03-02 15:22:19,436 - notifier - ERROR - E-mail error: [SSL: WRONG_VERSION_NUMBER] wrong version\n"

    assert "[SSL: WRONG_VERSION_NUMBER] wrong version" == reason(head + HEADING + WELCOME)


def test_synapse_s_mailer_is_read_and_its_other_clients_are_not() -> None:
    refused = "twisted.internet.error.ConnectionRefusedError: Connection was refused by other side: 111\n"
    mailer = HEADING + '  File "/venv/synapse/push/mailer.py", line 325, in send_email\n    await self._send()\n'
    pusher = HEADING + '  File "/venv/synapse/push/httppusher.py", line 393, in dispatch_push\n    await self._post()\n'

    assert refused.strip() == reason(mailer + refused)
    assert [] == attempts(pusher + refused)


def test_in_a_transcript_only_refusals_count() -> None:
    transcript = (
        "reply: retcode (250); Msg: b'2.1.0 Ok'\ndata: (250, b'2.0.0 queued')\nreply: retcode (535); Msg: b'5.7.8 no'\n"
    )

    assert [Outcome.ACCEPTED, Outcome.FAILED] == [attempt.outcome for attempt in attempts(transcript)]


@pytest.mark.parametrize(
    "log",
    [
        HEADING + HTTP + "socket.timeout: timed out\n",
        HEADING + WELCOME + HTTP + REFUSED,
        HEADING + '  File "/app/x.py", line 1, in f\n    g()\n' + "ssl.SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] x\n",
        REFUSED,
        "failed to send smtp notification: error connecting to server: dial tcp 192.0.2.1:25: connect: timed out",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='push.example.org', port=1): [Errno 111] email",
        "Error fetching mail from imap.example.org: [Errno 110] Connection timed out",
        "pika.exceptions.ConnectionClosedByBroker: (530, 'NOT_ALLOWED - vhost not found')",
        "(2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")",
        "urllib.error.HTTPError: (404, 'Not Found')",
        "Caught LDAPError while authenticating ann: INVALID_CREDENTIALS({'result': 49, 'desc': 'Invalid credentials'})",
        "2026/11/21 06:30:01 [error] 7#7: *2 upstream timed out (110: Connection timed out) while reading response "
        'header from upstream, client: 203.0.113.9, server: mail.example.org, request: "POST /smtp-test HTTP/1.1"',
        "rsync: connection unexpectedly closed (0 bytes received so far)",
        "    raise SMTPAuthenticationError(code, resp)",
        HEADING + '  File "/venv/anymail/webhooks/mailgun.py", line 9, in post\n    x()\nKeyError: no\n',
        HEADING + '  File "/venv/management/commands/process_mail.py", line 9, in f\n    x()\nKeyError: no\n',
        "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
        "Sentry API response 401 for webhook",
        "OutgoingEmailErrors: 0",
        "    except smtplib.SMTPException:",
        '{"error_class":"Net::SMTPAuthenticationError","error_message":"535 no"}',
        "ConnectionRefusedError at /api/v1/search/\n[Errno 111] Connection refused\n",
        celery("INFO", f"Task paperless_mail.tasks.process_mail_accounts[{TASK}] retry: Retry in 5s: OSError(99, 'x')"),
        celery("INFO", f"Task reports.execute[{TASK}] succeeded in 2s: None"),
        celery(
            "ERROR", "consumer: Cannot connect to amqp://guest:**@127.0.0.1:5672//: [Errno 111] Connection refused."
        ),
    ],
)
def test_what_is_not_outgoing_mail_is_left_alone(log: str) -> None:
    assert [] == attempts(log)


def test_the_envelope_tells_the_zone_of_the_applications_own_finer_time() -> None:
    record = Record("2025-03-04 05:06:07,375 ERROR x", Place("-", 1), datetime(2025, 3, 4, 3, 6, 8, tzinfo=UTC))

    assert datetime(2025, 3, 4, 3, 6, 7, 375_000, tzinfo=UTC) == with_application_time(record).time


def test_an_unrelated_date_in_the_line_does_not_replace_the_envelopes_time() -> None:
    time = datetime(2025, 3, 4, 3, 6, 8, tzinfo=UTC)

    assert time == with_application_time(Record("due 2025-03-01 05:17:44.1", Place("-", 1), time)).time


@given(st.text())
@example("reply: retcode (535); Msg: ")
@example("Exception Type: SMTPException")
@example("SMTPException at /")
def test_no_text_makes_it_raise(text: str) -> None:
    for line in (
        text,
        f"smtplib.SMTPDataError: {text}",
        HEADING + SMTPLIB + text,
        f"Task {text}",
        f"Exception Type: {text}",
    ):
        list(GRAMMAR.read(Record(line, Place("app.log", 1))))
        read_traceback(line)


def test_an_event_of_a_python_program_is_named_after_its_framework() -> None:
    (event,) = events("smtplib.SMTPDataError: (550, b'no')")

    assert ("django", EventKind.FAILED) == (event.app, event.kind)


def test_the_error_beside_the_frames_of_a_json_object_is_read() -> None:
    stack = '"stack":"\\n  File \\"/app/tasks.py\\", line 3, in run\\n"'
    message = "\"message\":\"(530, b'5.7.0 Must issue a STARTTLS command first.', 'a@example.net')\""

    (event,) = GRAMMAR.read(Record(f'{{"levelname":"ERROR",{stack},{message}}}', Place("app.log", 1)))

    assert event.failure
    assert 530 == event.failure.code


def test_the_year_that_syslog_leaves_out_is_the_application_s() -> None:
    """A log of another year, copied today: its envelope's year is guessed by the copy's date."""
    guessed = datetime(2026, 3, 4, 4, 6, 7, tzinfo=UTC)
    record = Record("2024-03-04 06:06:07,375 ERROR x", Place("-", 1), guessed)

    assert datetime(2024, 3, 4, 4, 6, 7, 375_000, tzinfo=UTC) == with_application_time(record).time
