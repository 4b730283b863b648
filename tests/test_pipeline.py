"""The whole way: one report, however it is run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.events import Event, EventKind
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Counted, Scan
from maillogdiag.records import Place, Record
from maillogdiag.reports.json_report import report_to_json
from maillogdiag.reports.model import Status
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs

FIXTURES = Path(__file__).parent / "fixtures"
STORIES = sorted(FIXTURES.glob("*/story"))


def report_of(folder: Path, *, gated: bool) -> str:
    scan = Scan(load_grammars(), load_rules(), gated=gated)
    scan.run(open_inputs([str(folder)]))
    return report_to_json(scan.report())


@pytest.mark.parametrize("folder", STORIES, ids=lambda folder: folder.parts[-2])
def test_the_gate_changes_nothing(folder: Path) -> None:
    assert report_of(folder, gated=False) == report_of(folder, gated=True)


def test_equal_input_gives_an_equal_report() -> None:
    assert report_of(STORIES[0], gated=True) == report_of(STORIES[0], gated=True)


def test_mail_that_works_again_is_recovered() -> None:
    report = maillogdiag.scan([str(FIXTURES / "mastodon" / "story")])

    assert Status.RECOVERED == report.status
    assert all(finding.recovered and finding.last_accepted_before for finding in report.findings)


def test_only_the_web_log_means_that_another_log_is_needed() -> None:
    report = maillogdiag.scan([str(FIXTURES / "mastodon" / "story" / "web.log")])

    assert Status.NOTHING_SEEN == report.status
    assert "another process sends it" in report.limits[0]


def test_the_same_log_given_twice_counts_once() -> None:
    log = str(FIXTURES / "zulip" / "auth-failed" / "send_email.log")

    assert maillogdiag.scan([log]).summary == maillogdiag.scan([log, log]).summary


def test_programs_that_send_no_mail_have_no_part_in_it(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_text(
        "Nov 20 09:14:05 mx rspamd_proxy[7]: <a1>; milter; rejected with 550 5.7.1 Spam message rejected\n"
        "Nov 20 09:14:06 mx named[8]: client 192.0.2.4#4242: smtp.example.org: query failed (timed out)\n"
        "Nov 20 09:14:07 mx saslauthd[9]: do_auth: auth failure: [user=ada] [service=smtp] [mech=pam]\n"
        "Nov 20 09:14:08 mx postfix/policy-spf[9]: 550 5.7.23 Message rejected due to: SPF fail - not authorized\n"
    )

    report = maillogdiag.scan([str(log)])

    assert 0 == len(report.findings)
    assert 0 == report.coverage[0].not_understood


def test_a_hash_whose_quotation_marks_a_forum_made_curly_is_read_and_shown_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "paste.log"
    log.write_text("{“level”:“error”,“msg”:“Connection unsuccessful: SendMail: Failed to open connection, EOF”}\n")

    (finding,) = maillogdiag.scan([str(log)]).findings

    assert ("connection-dropped", ("mattermost",)) == (finding.cause, finding.apps)
    assert "“level”" in finding.evidence[0].text


POSTFIX = "Nov 20 {} mail postfix/{}[99]: 4XyZ12345a: to=<a@example.org>, relay={}, delay=1, delays=0/0/1/0, {}\n"
DEFERRED = "dsn=4.4.1, status=deferred (connect to smtp.example.org[192.0.2.5]:587: Connection timed out)"


def test_a_bounce_delivered_to_a_local_mailbox_does_not_mean_that_mail_gets_out_again(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(
        POSTFIX.format("10:00:00", "smtp", "none", DEFERRED)
        + POSTFIX.format("10:20:02", "local", "local", "dsn=2.0.0, status=sent (delivered to mailbox)")
    )

    assert Status.FAILING == maillogdiag.scan([str(log)]).status


def test_mail_of_one_application_says_nothing_about_whether_another_one_works_again(tmp_path: Path) -> None:
    log = tmp_path / "all.log"
    log.write_text(
        "2026-11-20 10:00:00.000 ERR  [zulip.send_email] Error sending email to x: (535, b'5.7.8 Bad password')\n"
        + POSTFIX.format("10:20:02", "smtp", "mx.example.org[192.0.2.5]:25", "dsn=2.0.0, status=sent (250 OK)")
    )

    assert [None] == [finding.recovered for finding in maillogdiag.scan([str(log)]).findings]


def test_what_cannot_be_read_is_in_the_verdict_and_each_shape_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("".join(f"smtp worker {number} has failed\n" for number in range(9)) + "mailer: error, no more\n")

    report = maillogdiag.scan([str(log)])

    assert "10 entries that speak of mail in trouble could not be read" in report.verdict
    assert ("smtp worker 0 has failed", "mailer: error, no more") == report.coverage[0].samples


def test_the_fix_is_for_the_server_of_the_earliest_failure_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    line = (
        "Nov 20 {time} mail postfix/smtp[9]: {id}: to=<a@example.org>, relay=none, delay=30, delays=0/0/30/0, "
        "dsn=4.4.1, status=deferred (connect to {host}[192.0.2.4]:25: Connection timed out)\n"
    )
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    first.write_text(line.format(time="09:00:00", id="AAAAAAAAA1", host="in-v3.mailjet.com"))
    second.write_text(line.format(time="10:00:00", id="BBBBBBBBB2", host="mx.example.org"))

    for files in ([first, second], [second, first]):
        (finding,) = maillogdiag.scan([str(file) for file in files]).findings
        assert "Mailjet takes mail" in finding.fixes[0].steps[0]


def test_a_line_without_a_time_has_that_of_its_writer_however_many_others_wrote_before() -> None:
    scan = Scan(load_grammars(), load_rules())
    counted = Counted(next(iter(open_inputs([str(STORIES[0])]))))
    time = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    others = [told(at=time - timedelta(days=1), line=n, pid=n) for n in range(1, 5_000)]

    *_, last = scan.in_order(counted, [*others, told(at=time, line=5_000, pid=7), told(at=None, line=5_400, pid=7)])

    assert time == last.record.time
    assert len(counted.times) < 2_000


def told(at: datetime | None, line: int, pid: int) -> Event:
    return Event(EventKind.STARTED, "mastodon", Record("Performing", Place("a.log", line), at, pid=pid), "performing")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_that_go_does_not_know_is_reported_like_any_other(time: str, tmp_path: Path) -> None:
    words = (
        '"level":"error","msg":"Error while sending the email","error":"dial tcp 192.0.2.25:587: connection refused"'
    )
    log = tmp_path / "mattermost.log"
    log.write_text("".join(f'{{"timestamp":"{one}",{words}}}\n' for one in (time, "2026-11-20 10:00:00.000 Z")))

    assert maillogdiag.scan([str(log)]).summary.failed == 2


def test_the_reason_in_one_line_and_the_status_code_in_the_next_are_of_one_finding(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(
        "Nov 20 09:00:00 mx postfix/smtp[7]: SSL_connect error to mx.example.net[192.0.2.5]:25: -1\n"
        "Nov 20 09:00:00 mx postfix/smtp[7]: warning: TLS library problem: error:0A000102:SSL routines::unsupported "
        "protocol:ssl/statem/statem_lib.c:1986:\n"
        "Nov 20 09:00:00 mx postfix/smtp[7]: 4F6B21E0A3: to=<ada@example.net>, relay=mx.example.net[192.0.2.5]:25, "
        "delay=1, delays=0/0/1/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)\n"
    )

    (finding,) = maillogdiag.scan([str(log)]).findings

    assert ("tls-protocol", "4.7.5", 1) == (finding.cause, finding.enhanced, finding.count)
