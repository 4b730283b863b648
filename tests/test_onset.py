"""What happened just before mail began to fail, and mail that waits in its queue."""

from __future__ import annotations

from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.causes import Cause
from maillogdiag.diagnosis import findings_of
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.reports.model import Report
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs

SENT = "relay=mx.example.org[192.0.2.5]:587, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 OK)"
REFUSED = (
    "relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred "
    "(connect to mx.example.org[192.0.2.5]:587: Connection refused)"
)


def mail(time: str, words: str, day: int = 20) -> str:
    return f"Nov {day} {time} mail postfix/smtp[99]: 4XyZ12345a: to=<ada@example.net>, {words}\n"


def systemd(time: str, words: str, day: int = 20) -> str:
    return f"Nov {day} {time} mail systemd[1]: {words}\n"


def scanned(folder: Path, *lines: str, name: str = "syslog") -> Report:
    log = folder / name
    log.write_text("".join(lines))
    return maillogdiag.scan([str(log)])


def before_onset(report: Report) -> list[str]:
    (finding,) = report.findings
    return [item.text for item in finding.before_onset]


@pytest.mark.parametrize(
    "change",
    [
        "systemd[1]: Started nftables.service - nftables.",
        "systemd[1]: Reloaded Postfix Mail Transport Agent (instance -).",
        "systemd[1]: postfix@-.service: Main process exited, code=exited, status=1/FAILURE",
        "postfix/master[7]: reload -- version 3.7.11, configuration /etc/postfix",
        "kernel: Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)",
    ],
)
def test_a_change_between_the_last_success_and_the_first_failure_is_told(change: str, tmp_path: Path) -> None:
    report = scanned(tmp_path, mail("09:00:00", SENT), f"Nov 20 09:30:00 mail {change}\n", mail("10:00:00", REFUSED))

    assert [change.partition(": ")[2]] == before_onset(report)


@pytest.mark.parametrize(
    "lines",
    [
        (systemd("08:00:00", "Started postfix.service."), mail("09:00:00", SENT), mail("10:00:00", REFUSED)),
        (mail("10:00:00", REFUSED), systemd("10:00:09", "Started postfix.service."), mail("10:05:00", REFUSED)),
        (systemd("08:00:00", "Started postfix.service."), mail("10:00:00", REFUSED, day=22)),
        (systemd("09:59:00", "Started Session 5 of User root."), mail("10:00:00", REFUSED)),
        (systemd("09:59:00", "Started mastodon-web.service - mastodon-web."), mail("10:00:00", REFUSED)),
    ],
    ids=["before a success", "after the failure", "two days before", "another program", "an application above it"],
)
def test_what_cannot_be_why_is_not_told(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert [] == before_onset(scanned(tmp_path, *lines))


def test_another_version_is_told_with_the_one_before(tmp_path: Path) -> None:
    start = "Nov {} mail postfix/master[7]: daemon started -- version {}, configuration /etc/postfix\n"
    report = scanned(
        tmp_path,
        start.format("18 09:00:00", "3.7.11"),
        mail("09:00:00", SENT),
        start.format("20 09:30:00", "3.9.1"),
        mail("10:00:00", REFUSED),
    )

    assert ["3.7.11", "3.9.1"] == [text.split("version ")[1].split(",")[0] for text in before_onset(report)]


def test_a_password_in_the_address_of_redis_is_not_told(tmp_path: Path) -> None:
    report = scanned(
        tmp_path,
        "2026-11-20T09:00:00.000Z pid=7 tid=a INFO: Booting Sidekiq 6.4.1 with redis options "
        '{:url=>"redis://:hunter2hunter2@127.0.0.1:6379/0"}\n',
        "2026-11-20T09:01:00.000Z pid=7 tid=b class=ActionMailer::MailDeliveryJob jid=1 INFO: start\n",
        "2026-11-20T09:01:01.000Z pid=7 tid=b WARN: Net::SMTPAuthenticationError: 535 5.7.8 Error\n",
    )

    assert ["2026-11-20T09:00:00.000Z pid=7 tid=a INFO: Booting Sidekiq 6.4.1"] == before_onset(report)


def test_tallies_of_the_parts_tell_what_the_whole_tells(tmp_path: Path) -> None:
    lines = [
        mail("09:00:00", SENT),
        *(systemd(f"09:{minute}:{second}", "Started postfix.service.") for minute in (30, 40) for second in (10, 20)),
        mail("10:00:00", REFUSED),
    ]
    whole = scanned(tmp_path, *lines)
    runs = []
    for part in (lines[3:], lines[:3]):
        # The lines before them are left empty, so that each line keeps its number.
        (tmp_path / "syslog").write_text("\n" * lines.index(part[0]) + "".join(part))
        run = Scan(load_grammars(), load_rules())
        run.run(open_inputs([str(tmp_path / "syslog")]))
        runs.append(run)
    runs[0].tally.merge(runs[1].tally)

    assert whole.findings == findings_of(runs[0].tally, load_rules().diagnose)
    assert ["09:30:20", "09:40:20"] == [f"{item.time:%H:%M:%S}" for item in whole.findings[0].before_onset]


def enqueued(time: str, number: int) -> str:
    return (
        f"Nov 20 {time} social bundle[1]: [ActiveJob] Enqueued ActionMailer::MailDeliveryJob "
        f"(Job ID: 5ecc2c57-c42d-4a99-90bb-{number:012}) to Sidekiq(mailers) with arguments: "
        '"UserMailer", "welcome", "deliver_now", {:args=>[]}\n'
    )


def other_job(time: str) -> str:
    return (
        f"Nov 20 {time} social bundle[2]: 2026-11-20T{time}.000Z pid=2 tid=c "
        'WARN: {"context":"Job raised exception","job":{"retry":16,"queue":"push",'
        '"class":"ActivityPub::DeliveryWorker","jid":"1d3af8dd252b6b3fc25c2644"}}\n'
    )


def done_job(
    time: str, name: str = "ActivityPub::DeliveryWorker", sidekiq: str = "pid=2 tid=c class={} jid=1d3a"
) -> str:
    return f"Nov 20 {time} social bundle[2]: 2026-11-20T{time}.000Z {sidekiq.format(name)} elapsed=0.029 INFO: done\n"


def mail_job(time: str) -> str:
    return (
        f"Nov 20 {time} social bundle[2]: 2026-11-20T{time}.000Z pid=2 tid=c "
        "class=ActionMailer::MailDeliveryJob jid=1d3af8dd252b6b3fc25c2644 elapsed=0.029 INFO: done\n"
    )


def unit(time: str, words: str) -> str:
    return f"Nov 20 {time} social systemd[1]: {words}\n"


SHUT_DOWN = "Nov 20 08:59:00 social bundle[2]: 2026-11-20T08:59:00.000Z pid=2 tid=c INFO: Shutting down\n"
KILLED = "mastodon-sidekiq.service: Main process exited, code=killed, status=9/KILL"


@pytest.mark.parametrize(
    ("waiting", "lines"),
    [
        (2, (enqueued("09:00:00", 1), enqueued("09:01:00", 2), other_job("09:20:00"))),
        (1, (enqueued("09:00:00", 1), mail_job("09:00:02"), enqueued("09:01:00", 2), other_job("09:20:00"))),
        (1, (done_job("08:59:00"), enqueued("09:00:00", 1), done_job("09:00:05"), done_job("09:20:00"))),
        (
            1,
            (
                enqueued("09:00:00", 1),
                "Nov 20 09:20:00 social bundle[2]: 2026-11-20T09:20:00.000Z 2 TID-c "
                "PushUpdateWorker JID-1d3a INFO: done: 0.029 sec\n",
            ),
        ),
        (0, (enqueued("09:00:00", 1), mail_job("09:00:02"), done_job("09:20:00"))),
        (0, (enqueued("09:00:00", 1), done_job("09:20:00", "Some::MailDeliveryWorker"))),
        (0, (enqueued("09:00:00", 1), done_job("09:20:00", "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper"))),
        (0, (enqueued("09:00:00", 1), done_job("09:05:00"))),
        (0, (enqueued("09:00:00", 1), done_job("11:20:00").replace("Nov 20 11", "Nov 20 13"))),
        (1, (unit("08:59:00", KILLED), enqueued("09:00:00", 1), enqueued("09:20:00", 2))),
        (0, (enqueued("09:00:00", 1), enqueued("09:20:00", 2))),
        (0, (enqueued("09:00:00", 1), other_job("09:00:05"))),
        (0, (other_job("08:00:00"), enqueued("09:00:00", 1), enqueued("09:20:00", 2))),
        (0, (SHUT_DOWN, enqueued("09:00:00", 1), enqueued("09:20:00", 2))),
        (0, (enqueued("09:00:00", 1), mail_job("09:00:02"), other_job("09:20:00"))),
        (
            0,
            (
                unit("08:59:00", KILLED),
                unit("08:59:09", "Started mastodon-sidekiq.service - mastodon-sidekiq."),
                enqueued("09:00:00", 1),
                enqueued("09:20:00", 2),
            ),
        ),
    ],
    ids=[
        "a worker does other jobs only",
        "mails before were sent",
        "a worker's other jobs succeed",
        "an old Sidekiq's other jobs succeed",
        "sent, and other jobs succeed",
        "a job that may have sent it",
        "a job of which is not told what it is",
        "other jobs succeed, but not for long",
        "clocks that do not agree",
        "the worker was killed",
        "a web log alone",
        "the log ends too soon",
        "the worker's log ends before",
        "the worker says so itself",
        "sent",
        "the worker was started again",
    ],
)
def test_mail_waits_only_where_a_worker_is_seen_not_to_take_it(
    waiting: int, lines: tuple[str, ...], tmp_path: Path
) -> None:
    report = scanned(tmp_path, *lines)

    assert waiting == sum(one.count for one in report.findings if one.cause is Cause.QUEUE_STALLED)


@pytest.mark.parametrize(("name", "waiting"), [("sidekiq-default-1", 0), ("sidekiq-1", 1)])
def test_a_worker_of_other_queues_proves_nothing(name: str, waiting: int, tmp_path: Path) -> None:
    report = scanned(
        tmp_path,
        f"web-1  | 2026-11-20T09:00:00.000000000Z {enqueued('09:00:00', 1).partition(': ')[2]}",
        f"{name}  | 2026-11-20T09:20:00.000000000Z {done_job('09:20:00').partition(': ')[2]}",
    )

    assert waiting == sum(one.count for one in report.findings if one.cause is Cause.QUEUE_STALLED)


def test_waiting_mail_is_counted_once_however_often_its_log_is_given(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_text(enqueued("09:00:00", 1) + other_job("09:20:00"))

    report = maillogdiag.scan([str(log), str(log)])

    assert "1 mail waits in a queue" in report.verdict
