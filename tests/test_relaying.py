"""An application, and the mail server on its machine: each mail is told of twice and counts once."""

from __future__ import annotations

from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs

FIXTURES = Path(__file__).parent / "fixtures"
REFUSAL = (
    "Nov 20 10:00:{second:02} mail postfix/smtpd[{pid}]: NOQUEUE: reject: RCPT from localhost[127.0.0.1]: "
    "454 4.7.1 <ada@example.net>: Relay access denied; from=<noreply@example.org> to=<ada@example.net> proto=ESMTP\n"
)
FAILURE = (
    "Nov 20 10:00:{second:02} mail zulip[3]: 2026-11-20 10:00:{second:02}.500 ERR  [zulip.send_email] Error sending "
    "zerver/emails/{mail} email to ['ada@example.net']: {{'ada@example.net': "
    "(454, b'4.7.1 <ada@example.net>: Relay access denied')}}\n"
)
DELIVERY = (
    "postfix/smtp[99]: 4XyZ12345a: to=<ada@example.net>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, "
    "status=deferred (connect to mx.example.org[192.0.2.5]:587: Connection refused)\n"
)


def counts(folder: Path, *lines: str) -> list[tuple[int, tuple[str, ...]]]:
    log = folder / "syslog"
    log.write_text("".join(lines))
    return [(finding.count, finding.apps) for finding in maillogdiag.scan([str(log)]).findings]


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_refusal_and_the_application_that_repeats_it_are_one_attempt(is_turned: bool, tmp_path: Path) -> None:
    lines = [REFUSAL.format(second=7, pid=5), FAILURE.format(second=7, mail="invitation")]

    assert [(1, ("postfix", "zulip"))] == counts(tmp_path, *(reversed(lines) if is_turned else lines))


@pytest.mark.parametrize(
    ("refusal", "reply"),
    [
        (
            "postfix/smtpd[5]: warning: app[10.0.0.9]: SASL LOGIN authentication failed: authentication failure, "
            "sasl_username=app@example.org",
            "5.7.8 Error: authentication failed: authentication failure",
        ),
        (
            "exim[5]: 2026-11-20 10:00:07 login authenticator failed for (app) [10.0.0.9]: 535 Incorrect "
            "authentication data (set_id=app)",
            "Incorrect authentication data",
        ),
    ],
    ids=["Postfix", "Exim"],
)
def test_a_login_that_the_own_server_refused_is_mended_in_the_application(
    refusal: str, reply: str, tmp_path: Path
) -> None:
    log = tmp_path / "syslog"
    log.write_text(
        f"Nov 20 10:00:07 mail {refusal}\n"
        "Nov 20 10:00:07 mail zulip[3]: 2026-11-20 10:00:07.500 ERR  [zulip.send_email] Error sending invitation email "
        f"to ['ada@example.net'] with error code 535: b'{reply}'\n"
    )

    (finding,) = maillogdiag.scan([str(log)]).findings

    assert (1, "auth-failed.at-this-server", 535) == (finding.count, finding.rule, finding.code)
    assert ["any", "zulip"] == sorted(fix.app for fix in finding.fixes)
    assert "sasl_passwd" not in str(finding.fixes)


def test_each_refusal_has_one_echo(tmp_path: Path) -> None:
    lines = [
        line.format(second=second, pid=second, mail=f"mail_{second}")
        for second in (7, 8)
        for line in (REFUSAL, FAILURE)
    ]

    assert [(2, ("postfix", "zulip"))] == counts(tmp_path, *lines)


def test_the_same_reply_a_minute_later_is_another_refusal(tmp_path: Path) -> None:
    lines = [REFUSAL.format(second=7, pid=5), FAILURE.format(second=47, mail="invitation")]

    assert 2 == sum(count for count, _ in counts(tmp_path, *lines))


def test_both_lines_of_a_refusal_are_evidence() -> None:
    (finding,) = maillogdiag.scan([str(FIXTURES / "mastodon" / "relayed-refused")]).findings

    assert {"mail.log", "sidekiq.log"} == {Path(item.source).name for item in finding.evidence}


def test_a_line_of_mail_log_and_of_the_journal_count_once(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(f"2026-11-20T10:00:07+00:00 mail {DELIVERY}")
    (tmp_path / "journal.txt").write_text(f"2026-11-20T10:00:07.904111+00:00 mail {DELIVERY}")

    assert [1] == [finding.count for finding in maillogdiag.scan([str(tmp_path)]).findings]


def test_mail_that_the_application_sent_and_postfix_lost_names_both() -> None:
    (finding,) = maillogdiag.scan([str(FIXTURES / "mastodon" / "relayed-recipient-unknown")]).findings

    assert (2, ("mastodon", "postfix")) == (finding.count, finding.apps)
    assert "Delivered mail" in finding.evidence[0].text


def test_mail_without_message_id_that_postfix_lost_is_tied_by_recipient_and_time() -> None:
    (finding,) = maillogdiag.scan([str(FIXTURES / "zulip" / "relayed-recipient-unknown")]).findings

    assert (2, ("postfix", "zulip")) == (finding.count, finding.apps)
    assert "zerver/emails/password_reset" in finding.evidence[0].text
    assert [True, False, False] == [item.is_inferred for item in finding.evidence]


ZULIP = "2026-11-20 10:00:{second:06.3f} INFO [zulip.send_email] Sending zerver/emails/invitation email to ['{to}']\n"
MATTERMOST = (
    '{{"timestamp":"2026-11-20 10:00:{second:06.3f} Z","level":"debug","msg":"sending mail",'
    '"caller":"mail/mail.go:330","to":"{to}","subject":"Hello"}}\n'
)
NEXTCLOUD = (
    '{{"reqId":"k{second:02.0f}","level":0,"time":"2026-11-20T10:00:{second:02.0f}+00:00","app":"core","url":"/cron",'
    '"message":"Sent mail to \\"Array\\n(\\n    [{to}] => Ada\\n)\\n\\" with subject \\"Hello\\""}}\n'
)
POSTFIX = (
    "Nov 20 10:00:{second:02} mail postfix/cleanup[98]: {queue}: message-id=<{queue}@example.org>\n"
    "Nov 20 10:30:{second:02} mail postfix/smtp[99]: {queue}: to=<ada@example.net>, relay=none, delay=1800, "
    "delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to mx.example.org[192.0.2.5]:587: Connection refused)\n"
)

EXIM = (
    "2026-11-20 10:00:{second:02} 1xUhLk-00000T-1n <= noreply@example.org H=localhost [127.0.0.1] P=esmtp S=476\n"
    "2026-11-20 10:00:{second:02} 1xUhLk-00000T-1n == ada@example.net R=smarthost T=smtp defer (111): Connection "
    "refused\n"
)


def names(folder: Path, **logs: str) -> list[tuple[str, ...]]:
    for name, text in logs.items():
        (folder / f"{name}.log").write_text(text)
    return [finding.apps for finding in maillogdiag.scan([str(folder)]).findings]


@pytest.mark.parametrize(
    ("app", "line"), [("zulip", ZULIP), ("mattermost", MATTERMOST), ("nextcloud", NEXTCLOUD)], ids=lambda one: one[:10]
)
def test_a_mail_is_tied_to_what_became_of_it_much_later(app: str, line: str, tmp_path: Path) -> None:
    sent = line.format(second=7, to="Ada@example.net")

    assert [tuple(sorted((app, "postfix")))] == names(tmp_path, app=sent, mail=POSTFIX.format(second=7, queue="4XyZ1a"))


@pytest.mark.parametrize(
    "sent", [ZULIP.format(second=27, to="ada@example.net"), ZULIP.format(second=7, to="bob@example.net")]
)
def test_a_mail_to_someone_else_or_of_another_moment_is_not_tied(sent: str, tmp_path: Path) -> None:
    assert [("postfix",)] == names(tmp_path, app=sent, mail=POSTFIX.format(second=7, queue="4XyZ1a"))


def test_where_two_applications_may_have_sent_it_none_is_named(tmp_path: Path) -> None:
    zulip, mattermost = (one.format(second=7.1, to="ada@example.net") for one in (ZULIP, MATTERMOST))
    taken = POSTFIX.format(second=7, queue="4XyZ1a") + POSTFIX.format(second=8, queue="4XyZ1b")

    assert [("postfix",)] == names(tmp_path, zulip=zulip, mattermost=mattermost, mail=taken)


def test_mails_of_two_applications_that_came_one_after_the_other_have_their_names(tmp_path: Path) -> None:
    zulip, mattermost = (
        ZULIP.format(second=7.1, to="ada@example.net"),
        MATTERMOST.format(second=9, to="ada@example.net"),
    )
    taken = POSTFIX.format(second=7, queue="4XyZ1a") + POSTFIX.format(second=9, queue="4XyZ1b")

    assert [("mattermost", "postfix", "zulip")] == names(tmp_path, zulip=zulip, mattermost=mattermost, mail=taken)


def test_parts_of_the_logs_read_apart_and_merged_tie_the_same_mails() -> None:
    logs = sorted((FIXTURES / "zulip" / "relayed-recipient-unknown").glob("*.log"))
    runs = []
    for part in (*([log] for log in logs), logs):
        run = Scan(load_grammars(), load_rules())
        run.run(open_inputs(list(map(str, part))))
        runs.append(run)
    runs[0].tally.merge(runs[1].tally)

    assert runs[0].report().findings == runs[2].report().findings


def test_an_exim_that_logs_no_message_id_is_tied_by_recipient_and_time(tmp_path: Path) -> None:
    sent = ZULIP.format(second=7, to="ada@example.net")

    assert [("exim", "zulip")] == names(tmp_path, app=sent, mainlog=EXIM.format(second=7))


@pytest.mark.parametrize("case", ["mastodon/relayed-recipient-unknown", "exim/from-mastodon"])
def test_a_message_id_that_both_log_proves_it(case: str) -> None:
    (finding,) = maillogdiag.scan([str(FIXTURES / case)]).findings

    assert "mastodon" in finding.apps
    assert "Delivered mail" in finding.evidence[0].text
    assert not any(item.is_inferred for item in finding.evidence)


def test_sendmail_is_tied_by_message_id_as_well(tmp_path: Path) -> None:
    sent = (
        "[ActiveJob] [ActionMailer::MailDeliveryJob] [d25c15ed-1939-44e5-9a0e-b7370a465761] Delivered mail 6b@x (9.1ms)"
    )
    taken = "Nov 20 10:00:07 mail sm-mta[7]: w8ABCdef012345: {}\n"
    lines = (
        "from=<a@x>, size=4, class=0, nrcpts=1, msgid=<6b@x>, proto=ESMTP",
        "to=<ada@x>, dsn=5.1.1, stat=User unknown",
    )

    assert [("rails", "sendmail")] == names(tmp_path, app=sent, mail="".join(map(taken.format, lines)))
