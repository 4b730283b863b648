"""What Mattermost logs about mail is read in every shape; what it logs about anything else is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Phase
from maillogdiag.grammars.mattermost import GRAMMAR
from maillogdiag.records import Place, Record

REFUSED = "unable to connect to the SMTP server: dial tcp 192.0.2.25:587: connect: connection refused"
SHAPES = {
    "log4go": (
        "[2017/06/14 14:52:51 UTC] [EROR] /api/v3/admin/test_email:SendMail code=500 rid=r1 uid=u1 ip=192.0.2.9 "
        "Failed to authenticate on SMTP server [details: 535 5.7.8 no such login]"
    ),
    "log4go console": (
        "[01/11/16 22:04:26] [EROR] Failed to send welcome email successfully "
        "err=SendMail: Failed to authenticate on SMTP server, 535 5.7.8 no such login"
    ),
    "zap json": (
        '{"level":"error","ts":1579587049.152367,"caller":"mlog/log.go:174","msg":"Connection unsuccessful: SendMail: '
        'Failed to authenticate on SMTP server, 535 5.7.8 no such login","path":"/api/v4/email/test","http_code":500}'
    ),
    "zap plain": (
        "2020-01-21T06:10:49.152Z\terror\tmlog/log.go:174\tSendMail: Failed to authenticate on SMTP server"
        '\t{"err_details": "535 5.7.8 no such login"}'
    ),
    "logr json": (
        '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"error","msg":"Error while sending the email","caller":'
        '"app/notification_email.go:94","user_email":"ada@example.net","error":"authentication failed: 535 5.7.8 no"}'
    ),
    "logr json, cut off": (
        '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"error","msg":"Error while sending the email","caller":'
        '"app/notification_email.go:94","error":"authentication failed: 535 5.7.8 no such lo'
    ),
    "logr plain": (
        "error [2023-05-04 18:55:11.226 Z] Failed to send invite email successfully      "
        'caller="email/email.go:563" error="authentication failed: 535 5.7.8 no such login"'
    ),
    "logr coloured": (
        "\x1b[31merror\x1b[0m [2023-05-04 18:55:11.226 Z] Failed to send invite email successfully      "
        '\x1b[31mcaller\x1b[0m="email/email.go:563" \x1b[31merror\x1b[0m="authentication failed: 535 5.7.8 no"'
    ),
    "system console": (
        "Connection unsuccessful: Connection unsuccessful: SendMail: Failed to authenticate on SMTP server, "
        "535 5.7.8 no such login - undefined"
    ),
    "fragment": "    Failed to authenticate on SMTP server [details: 535 5.7.8 no such login]",
}


def record(text: str, line: int = 1) -> Record:
    return Record(text, Place("mattermost.log", line))


def read(text: str) -> tuple[Event, ...]:
    return tuple(GRAMMAR.read(record(text)))


def tries(*texts: str) -> list[Attempt]:
    events = [event for number, text in enumerate(texts, 1) for event in GRAMMAR.read(record(text, number))]
    return list(assemble_attempts(events))


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_failure_is_read_in_every_shape(text: str) -> None:
    (event,) = read(text)

    assert EventKind.FAILED == event.kind
    assert event.failure is not None
    assert (Phase.AUTH, 535, "5.7.8") == (event.failure.phase, event.failure.code, event.failure.enhanced)
    assert any(anchor in text for anchor in GRAMMAR.anchors)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        (SHAPES["log4go"], datetime(2017, 6, 14, 14, 52, 51, tzinfo=UTC)),
        (SHAPES["zap json"], datetime.fromtimestamp(1579587049.152367, UTC)),
        (SHAPES["logr json"], datetime(2024, 10, 4, 8, 21, 16, 133000, tzinfo=UTC)),
        (
            SHAPES["logr plain"].replace(".226 Z]", ".226 +02:00]"),
            datetime(2023, 5, 4, 18, 55, 11, 226000, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
    ids=["log4go", "zap", "logr", "logr in its own zone"],
)
def test_the_application_s_own_time_is_taken(text: str, time: datetime) -> None:
    (event,) = read(text)

    assert time == event.record.time


@pytest.mark.parametrize(
    ("stage", "phase"),
    [
        ("unable to connect to the SMTP server: dial tcp 192.0.2.1:25: i/o timeout", Phase.CONNECT),
        ("unable to connect to the SMTP server: 421 too busy", Phase.GREETING),
        ("unable to send hello message: EOF", Phase.EHLO),
        ("authentication failed: unencrypted connection", Phase.AUTH),
        ("authentication failed: x509: certificate signed by unknown authority", Phase.STARTTLS),
        ("failed to set the from address: 550 no", Phase.MAIL_FROM),
        ("failed to set the from address: tls: failed to verify certificate: x509: expired", Phase.STARTTLS),
        ("failed to set the to address: 550 no", Phase.RCPT_TO),
        ("failed to add email message data: 451 later", Phase.DATA),
        ("failed to close connection to the SMTP server: 554 spam", Phase.END_OF_DATA),
    ],
)
def test_the_stage_tells_the_phase(stage: str, phase: Phase) -> None:
    (event,) = read(f"Connection unsuccessful: {stage}")

    assert event.failure is not None
    assert phase == event.failure.phase


def test_words_before_sendmail_may_be_in_any_language() -> None:
    (event,) = read("Verbindung fehlgeschlagen: SendMail: Absender ungültig, 550 5.7.1 not yours - undefined")

    assert event.failure is not None
    assert (550, "5.7.1") == (event.failure.code, event.failure.enhanced)


def test_the_greeting_that_5_x_logs_twice_is_one_try() -> None:
    (attempt,) = tries(
        '{"level":"error","ts":1561064866.9996,"caller":"mailservice/mail.go:134",'
        '"msg":"Failed to open a connection to SMTP server 421 4.7.0 too many connections"}',
        '{"level":"error","ts":1561064867.0001,"caller":"mlog/log.go:172",'
        '"msg":"Connection unsuccessful: SendMail: Failed to open TLS connection","path":"/api/v4/email/test"}',
    )

    assert 2 == len(attempt.events)


def test_what_the_console_shows_is_the_try_that_was_logged() -> None:
    (attempt,) = tries(SHAPES["zap json"], SHAPES["system console"])

    assert Outcome.FAILED == attempt.outcome


def test_two_mails_that_fail_alike_are_two_tries() -> None:
    later = SHAPES["logr json"].replace("08:21:16.133", "08:21:19.133")

    assert 2 == len(tries(SHAPES["logr json"], later))


def test_a_mail_begun_and_failed_is_one_try() -> None:
    begun = (
        '{"timestamp":"2024-10-04 08:21:16.101 Z","level":"debug","msg":"sending mail","caller":"mail/mail.go:300",'
        '"to":"ada@example.net","subject":"Hello"}'
    )

    (attempt,) = tries(begun, SHAPES["logr json"])

    assert [EventKind.STARTED, EventKind.FAILED] == [event.kind for event in attempt.events]


def test_mattermost_s_own_limit_for_invitations_is_a_failure() -> None:
    (event,) = read(
        '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"error","msg":"rate limit exceeded","caller":'
        '"email/email.go:480","user_id":"u1","team_id":"t1","error":"RetryAfter: 3m0s"}'
    )

    assert event.failure is not None
    assert "rate limit" in event.failure.normal


def test_mattermost_s_limit_for_magic_links_is_a_failure() -> None:
    (event,) = read(
        '{"timestamp":"2026-07-04 08:21:16.133 Z","level":"error","msg":"rate limit exceeded","caller":'
        '"email/email.go:610","RetryAfter":"20s","email":"kim@example.net"}'
    )

    assert event.failure is not None
    assert "rate limit" in event.failure.normal


@pytest.mark.parametrize(
    "message", ["error sending signin change email", "Error sending license up for renewal email to"]
)
def test_every_mail_is_known_by_its_message(message: str) -> None:
    assert read(f'{{"level":"error","ts":1579587049.1,"msg":"{message}","error":"no template"}}')


def test_a_failure_without_known_words_is_kept() -> None:
    (event,) = read('{"level":"error","ts":1579587049.1,"msg":"Failed to send verification email","error":"odd"}')

    assert EventKind.FAILED == event.kind


OTHERS = {
    "push": '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"error","msg":"Failed to send push notification",'
    '"error":"Post \\"https://push.example.com\\": dial tcp 192.0.2.1:443: i/o timeout"}',
    "plug-in": '{"level":"error","ts":1566657710.0,"caller":"mlog/sugar.go:23","msg":"can\'t send email invite: x509: '
    'certificate signed by unknown authority","plugin_id":"com.example.jira"}',
    "database": '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"error","msg":"Failed to ping DB","error":'
    '"dial tcp 172.18.0.11:5432: connect: connection refused"}',
    "directory": '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"error","msg":"LDAP sync failed: authentication '
    'failed: user email missing"}',
    "user look-up": "[2016/06/17 00:16:50 UTC] [EROR] /api/v3/users/resend_verification:SqlUserStore.GetByEmail "
    "code=500 rid=r uid= ip=192.0.2.9 no account matches this email [details: sql: no rows in result set]",
    "test of S3": "Connection unsuccessful: unable to reach bucket.s3.example.com: dial tcp 192.0.2.7:443: i/o timeout",
    "the noise of every test": '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"warn","msg":"Error decoding the '
    'config","path":"/api/v4/email/test","error":"EOF"}',
    "Symfony Mailer": 'Failed to authenticate on SMTP server with username "ada" using 2 possible authenticators',
    "API limit": '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"error","msg":"rate limit exceeded","path":'
    '"/api/v4/posts"}',
    "debug": '{"timestamp":"2024-10-04 08:21:16.133 Z","level":"debug","msg":"Received HTTP request","path":'
    '"/api/v4/email/test","status_code":"500"}',
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_not_outgoing_mail_is_left_alone(text: str) -> None:
    assert () == read(text)


@given(st.text(), st.sampled_from([*SHAPES.values(), *OTHERS.values()]), st.integers(0, 300))
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, text: str, cut: int) -> None:
    for odd in (noise, text[:cut] + noise + text[cut:], text[:cut]):
        assert not read(odd) or any(anchor in odd for anchor in GRAMMAR.anchors)
