"""Sendmail, msmtp and sSMTP tell how each mail went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import Outcome, assemble_attempts
from maillogdiag.events import EventKind
from maillogdiag.grammars.sendmail import GRAMMAR
from maillogdiag.records import Place, Record

DELIVERY = (
    "w8ABCdef012345: to=<ada@example.net>, ctladdr=<web@example.org>, delay=00:00:01, mailer=esmtp, dsn=4.0.0, stat="
)
LOG = "Nov 20 09:14:05 host=smtp.example.org tls=on auth=on user=web from=web@example.org recipients=ada@example.net "

CASES = {
    "sendmail sent": (f"{DELIVERY}Sent (ok: queued)", Outcome.ACCEPTED, None),
    "sendmail deferred": (f"{DELIVERY}Deferred: Connection refused by smtp.example.org.", Outcome.FAILED, None),
    "msmtp sent": (f"{LOG}mailsize=9 smtpstatus=250 smtpmsg='250 Ok' exitcode=EX_OK", Outcome.ACCEPTED, None),
    "msmtp refused": (
        f"{LOG}smtpstatus=535 smtpmsg='535 5.7.8 no such login' errormsg='authentication failed' exitcode=EX_NOPERM",
        Outcome.FAILED,
        535,
    ),
    "msmtp without an answer": (f"{LOG}errormsg='no, said it: 450 4.2.0 x' exitcode=EX_TEMPFAIL", Outcome.FAILED, 450),
    "ssmtp": ("sSMTP[77]: Authorization failed (535 5.7.8 no such login)", Outcome.FAILED, 535),
}


@pytest.mark.parametrize(("text", "outcome", "code"), CASES.values(), ids=CASES.keys())
def test_the_outcome_is_read(text: str, outcome: Outcome, code: int | None) -> None:
    (attempt,) = assemble_attempts(GRAMMAR.read(Record(text, Place("maillog", 1))))

    assert outcome == attempt.outcome
    assert code == next((event.failure.code for event in attempt.events if event.failure), None)


@pytest.mark.parametrize(
    "text",
    [
        f"{DELIVERY}Deferred: Connection refused by smtp.example.org.",
        "w8ABCdef012345: AUTH failure (LOGIN): user not found (-20) SASL(-13): no such user, relay=app [10.0.0.9]",
    ],
)
@pytest.mark.parametrize("process", ["sendmail", "sm-mta"])
def test_the_daemon_is_read_under_either_name(process: str, text: str) -> None:
    record = Record(text, Place("maillog", 1), process=process, pid=77)

    (attempt,) = assemble_attempts(GRAMMAR.read(record))

    assert Outcome.FAILED == attempt.outcome


@pytest.mark.parametrize("process", [None, "msmtp"])
def test_what_msmtp_says_in_three_lines_is_one_try(process: str | None) -> None:
    lines = (
        "authentication failed (method PLAIN)",
        "server message: 535 5.7.8 no such login",
        "could not send mail (account default from /etc/msmtprc)",
    )
    head = "" if process else "msmtp: "
    records = [Record(head + text, Place("cron", number), process=process) for number, text in enumerate(lines, 1)]
    assert all(any(anchor in record.text for anchor in GRAMMAR.anchors) for record in records[1:])

    (attempt,) = assemble_attempts(event for record in records for event in GRAMMAR.read(record))

    assert 535 in [event.failure.code for event in attempt.events if event.failure]


SPOKEN = {
    "sSMTP, recipient": ("sSMTP[77]: RCPT TO:<ada@example.net> (550 5.1.1 no)", "ssmtp", 550),
    "sSMTP as sendmail": ("sendmail: Cannot open smtp.example.org:587", "ssmtp", None),
    "sSMTP in a table": ("2026-11-20 09:14:05\tweb01\tsSMTP[77]\tCannot open smtp.example.org:587", "ssmtp", None),
    "msmtp as sendmail": ("sendmail: TLS certificate verification failed: no", "msmtp", None),
    "msmtp without settings": ("msmtp: account default not found: no configuration file available", "msmtp", None),
    "msmtp, other logins": ("msmtp: the server does not support authentication method LOGIN", "msmtp", None),
    "msmtp, silent server": ("msmtp: the server sent an empty reply", "msmtp", None),
    "BusyBox": (
        '[pool www] said into stderr: "sendmail: can\'t connect to remote host (127.0.0.1): Connection refused"',
        "sendmail",
        None,
    ),
    "Postfix": ("sendmail: fatal: open /etc/postfix/main.cf: No such file or directory", "sendmail", None),
    "no sendmail": ("sh: 1: /usr/sbin/sendmail: not found", "any", None),
    "no sendmail, busybox": ("/bin/sh: line 1: /usr/sbin/sendmail: No such file or directory", "any", None),
    "no sendmail, anacron": ("Can't find sendmail at /usr/sbin/sendmail, not mailing output", "any", None),
    "no sendmail, Perl": (
        'Can\'t exec "sendmail": No such file or directory at /usr/sbin/logwatch line 1038.',
        "any",
        None,
    ),
    "PHP without a path": ("sh: -t: not found", "any", None),
}


@pytest.mark.parametrize(("text", "app", "code"), SPOKEN.values(), ids=SPOKEN.keys())
def test_each_program_is_known_by_its_words(text: str, app: str, code: int | None) -> None:
    (attempt,) = assemble_attempts(GRAMMAR.read(Record(text, Place("cron", 1))))

    assert app == attempt.app
    assert code == next((event.failure.code for event in attempt.events if event.failure), None)
    assert any(anchor in text for anchor in GRAMMAR.anchors)


@pytest.mark.parametrize(
    "text",
    [
        "Starting sendmail: failed",
        "Shutting down sendmail: fatal: no such process",
        "[LOG] sendmail: error while sending the contact form",
        "sSMTP[77]: Creating SSL connection to host",
        "sendmail[77]: fatal: unable to bind to port 25",
        "bash: -t: command not found",
        "sh: 7: -t: not found",
    ],
)
def test_what_is_said_of_sendmail_is_not_said_by_it(text: str) -> None:
    assert () == tuple(GRAMMAR.read(Record(text, Place("cron", 1))))


@pytest.mark.parametrize(
    "lines",
    [
        ("<-- 535-5.7.8 no such login", "<-- 535 5.7.8 ask us", "msmtp: authentication failed (method PLAIN)"),
        (
            "[<-] 220 mail",
            "[->] AUTH LOGIN",
            "[<-] 535 5.7.8 no such login",
            "ssmtp: Server didn't accept (535 5.7.8 no)",
        ),
    ],
    ids=["msmtp", "ssmtp"],
)
def test_the_conversation_shown_belongs_to_the_failure_below_it(lines: tuple[str, ...]) -> None:
    records = [Record(text, Place("-", number)) for number, text in enumerate(lines, 1)]

    (attempt,) = assemble_attempts(event for record in records for event in GRAMMAR.read(record))

    assert (535, "5.7.8") in [(event.failure.code, event.failure.enhanced) for event in attempt.events if event.failure]


def test_a_mail_that_is_only_queued_is_no_try() -> None:
    assert () == tuple(GRAMMAR.read(Record(f"{DELIVERY}queued", Place("maillog", 1))))


@given(st.text(), st.sampled_from([text for text, *_ in CASES.values()]), st.integers(0, 200))
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, text: str, cut: int) -> None:
    for odd in (noise, text[:cut] + noise + text[cut:], text[:cut]):
        assert not tuple(GRAMMAR.read(Record(odd, Place("maillog", 1)))) or any(
            anchor in odd for anchor in GRAMMAR.anchors
        )


def test_the_line_of_its_arrival_ties_the_message_id_to_the_queue_id() -> None:
    line = (
        "sm-mta[77]: w8ABCdef012345: from=<web@example.org>, size=476, class=0, nrcpts=1, "
        "msgid=<17952.149.38108@chat.example.org>, proto=ESMTP, daemon=MTA, relay=localhost [127.0.0.1]"
    )

    (event,) = GRAMMAR.read(Record(line, Place("maillog", 1)))

    assert ("queue:w8ABCdef012345", "17952.149.38108@chat.example.org") == (event.message, event.message_id)


@pytest.mark.parametrize(
    ("status", "is_final"), [("dsn=5.1.1, stat=User unknown", True), ("dsn=4.0.0, stat=Deferred", False)]
)
def test_a_permanent_refusal_is_its_last_word(status: str, is_final: bool) -> None:
    (event,) = GRAMMAR.read(
        Record(f"w8ABCdef012345: to=<ada@example.net>, delay=00:00:01, {status}", Place("maillog", 1))
    )

    assert is_final == event.is_final


def test_an_http_clients_answer_is_no_servers_reply() -> None:
    record = Record("<-- 503 Service Unavailable https://api.example.org/v1 (12ms)", Place("-", 1))

    assert not list(assemble_attempts(GRAMMAR.read(record)))


@pytest.mark.parametrize(
    "refusal",
    [
        "s1NLaDQT022248: ruleset=check_rcpt, arg1=<ada@example.net>, relay={client}, reject=550 5.7.1 Relaying denied",
        "ruleset=check_relay, arg1=app, arg2=app, relay={client}, reject=421 4.3.2 Too many open connections.",
        "06I02CNi016764: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): authentication failure: wrong, "
        "user=ada, relay=[10.0.0.1], relay={client}",
    ],
)
@pytest.mark.parametrize(
    ("client", "is_ours"),
    [("app [172.18.0.4]", True), ("[203.0.113.8]", False), ("host.example.com [203.0.113.8] (may be forged)", False)],
)
def test_a_refused_client_counts_where_it_is_ours(refusal: str, client: str, is_ours: bool) -> None:
    (event,) = GRAMMAR.read(Record(refusal.format(client=client), Place("maillog", 1)))

    assert event.kind == (EventKind.FAILED if is_ours else EventKind.NOTICE)
