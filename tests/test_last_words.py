"""A mail that is tried again and again is one mail: what became of it in the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import maillogdiag
from maillogdiag import last_words
from maillogdiag.attempts import Attempt, Outcome
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.mails import FailedMails, number_of
from maillogdiag.pipeline import Scan
from maillogdiag.reports.model import Finding, Report
from maillogdiag.reports.render import Format, render
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
SENT = "dsn=2.0.0, status=sent (250 2.0.0 Ok)"
REFUSED = "dsn=4.4.1, status=deferred (connect to mx.example.org[192.0.2.5]:25: Connection refused)"
GREYLISTED = (
    "dsn=4.2.0, status=deferred (host mx.example.org[192.0.2.5] said: 450 4.2.0 <ada@example.net>: Recipient address "
    "rejected: Greylisted (in reply to RCPT TO command))"
)
BOUNCED = (
    "dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.5] said: 550 5.1.1 <ada@example.net>: Recipient address "
    "rejected: User unknown (in reply to RCPT TO command))"
)


def postfix(time: str, queue: str, words: str, to: str = "ada@example.net") -> str:
    return f"Nov 20 {time} mail postfix/smtp[99]: {queue}: to=<{to}>, relay=none, delay=1, delays=0/0/1/0, {words}\n"


def expired(time: str, queue: str, word: str = "expired") -> str:
    return f"Nov 20 {time} mail postfix/qmgr[9]: {queue}: from=<a@example.org>, status={word}, returned to sender\n"


def scanned(folder: Path, *lines: str) -> Report:
    log = folder / "all.log"
    log.write_text("".join(lines))
    return maillogdiag.scan([str(log)])


def endings(report: Report) -> list[tuple[int, int, int]]:
    return [(finding.messages, finding.delivered_later, finding.given_up) for finding in report.findings]


def test_a_mail_that_was_put_off_and_then_sent_is_over(tmp_path: Path) -> None:
    report = scanned(
        tmp_path,
        postfix("10:00:01", "4XyZ1a", GREYLISTED),
        postfix("10:05:01", "4XyZ1a", GREYLISTED),
        postfix("10:10:01", "4XyZ1a", SENT),
    )

    assert [(1, 1, 0)] == endings(report)
    assert [2] == [finding.count for finding in report.findings]
    assert report.findings[0].recovered


@pytest.mark.parametrize(
    "end", [postfix("11:00:00", "4XyZ1a", BOUNCED), expired("11:00:00", "4XyZ1a"),
            expired("11:00:00", "4XyZ1a", "force-expired")], ids=["bounced", "expired", "force-expired"],
)  # fmt: skip
def test_a_mail_that_was_returned_to_its_sender_was_given_up(end: str, tmp_path: Path) -> None:
    report = scanned(tmp_path, postfix("10:00:01", "4XyZ1a", REFUSED), end)

    assert {(1, 0, 1)} == set(endings(report))


def test_a_mail_that_was_only_put_off_has_no_end(tmp_path: Path) -> None:
    report = scanned(tmp_path, postfix("10:00:01", "4XyZ1a", REFUSED), postfix("10:00:09", "4XyZ1b", SENT))

    assert [(1, 0, 0)] == endings(report)


def test_one_recipient_of_several_who_did_not_get_the_mail_is_enough(tmp_path: Path) -> None:
    both = [postfix("10:00:01", "4XyZ1a", REFUSED, to) for to in ("ada@example.net", "bob@example.net")]
    got_it = [postfix("10:30:01", "4XyZ1a", SENT, "bob@example.net")]

    assert [(1, 0, 0)] == endings(scanned(tmp_path, *both, *got_it))
    assert [(1, 0, 1)] == endings(scanned(tmp_path, *both, *got_it, expired("10:40:00", "4XyZ1a")))


EXIM = "2026-11-20 {time} 1xUhLk-00000T-1n {sign} ada@example.net R=smarthost T=smtp {words}\n"


@pytest.mark.parametrize(
    ("sign", "words", "counts"),
    [("=>", "H=mx [192.0.2.5]", (1, 1, 0)), ("**", ": retry timeout exceeded", (1, 0, 1))],
)
def test_exims_signs_tell_the_end(sign: str, words: str, counts: tuple[int, int, int], tmp_path: Path) -> None:
    first = EXIM.format(time="10:00:00", sign="==", words="defer (111): Connection refused")
    last = EXIM.format(time="11:00:00", sign=sign, words=words)

    assert counts in endings(scanned(tmp_path, first, last))


JOB = "2026-11-20T{time}.000Z pid=7 tid=1{tid} class=ActionMailer::MailDeliveryJob jid={jid} "


def sidekiq(time: str, jid: str, step: str) -> str:
    head = JOB.format(time=time, jid=jid, tid=jid[0])
    lines = {
        "failed": f"{head}INFO: start\n{head}WARN: Errno::ECONNREFUSED: Connection refused - connect(2) for "
        f'"mail.example.org" port 587\n{head}INFO: fail\n',
        "sent": f"{head}INFO: start\n{head}INFO: done\n",
        "dead": f"{head}INFO: Adding dead ActionMailer::MailDeliveryJob job {jid}\n",
    }
    return lines[step]


def test_a_job_that_worked_on_its_next_try_got_through_and_a_dead_one_was_given_up(tmp_path: Path) -> None:
    report = scanned(
        tmp_path,
        sidekiq("10:00:00", "a1b2", "failed"),
        sidekiq("10:01:00", "c3d4", "failed"),
        sidekiq("10:02:00", "e5f6", "failed"),
        sidekiq("11:00:00", "a1b2", "sent"),
        sidekiq("12:00:00", "c3d4", "failed"),
        sidekiq("12:00:01", "c3d4", "dead"),
    )

    assert [(3, 1, 1)] == endings(report)


def test_a_cause_all_of_whose_mails_got_through_comes_last_and_is_never_hidden(tmp_path: Path) -> None:
    put_off = [postfix(f"10:0{n}:01", f"4XyZ1{n}", GREYLISTED) for n in range(5)]
    sent = [postfix(f"10:3{n}:01", f"4XyZ1{n}", SENT) for n in range(5)]
    report = scanned(tmp_path, *put_off, *sent, postfix("10:50:00", "4XyZ19", REFUSED))

    assert ["connection-refused", "greylisted"] == [finding.cause for finding in report.findings]
    assert [(1, 0, 0), (5, 5, 0)] == endings(report)


@pytest.mark.parametrize("format", list(Format), ids=str)
def test_every_format_tells_the_last_word(format: Format, tmp_path: Path) -> None:
    lines = [postfix("10:00:01", f"4XyZ1{n}", REFUSED) for n in range(3)]
    report = scanned(tmp_path, *lines, postfix("11:00:01", "4XyZ10", SENT), expired("11:00:02", "4XyZ11"))

    words = (
        '"delivered_later": 1' if format is Format.JSON else "1 of 3 mails got through on a later try, 1 was given up"
    )
    assert words in " ".join(render(report, format, width=200).split())


def finding_of(parts: Iterable[Path]) -> Finding:
    runs = [Scan(load_grammars(), load_rules()) for _ in parts]
    for run, part in zip(runs, parts, strict=True):
        run.run(open_inputs([str(part)]))
        runs[0].tally.merge(run.tally) if run is not runs[0] else None
    (finding,) = runs[0].report().findings
    return finding


def test_the_end_is_known_wherever_the_log_was_cut_and_however_much_mail_is_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_words, "_MOST_KEPT", 3)
    failed, end = postfix("10:00:01", "4XyZ1a", REFUSED), postfix("10:10:00", "4XyZ1a", SENT)
    rest = "".join(postfix(f"11:{n:02}:00", f"4XyZ2{n:02}", SENT) for n in range(60))
    for name, text in (("whole", failed + end + rest), ("one", failed), ("two", end + rest[:200]), ("three", rest)):
        (tmp_path / name).write_text(text)

    whole = finding_of([tmp_path / "whole"])

    assert 1 == whole.delivered_later
    assert 1 == finding_of([tmp_path / name for name in ("one", "two", "three")]).delivered_later


def test_of_the_mails_that_went_well_the_newest_ends_are_kept() -> None:
    words, failed = last_words.LastWords(), FailedMails()
    failed.add(number_of("queue:0"), TEN)
    for n in range(2 * last_words._MOST_KEPT + 1):
        words.add(Attempt((), Outcome.ACCEPTED, "mastodon", f"queue:{n}", TEN, TEN))

    assert words.is_full
    words.forget([failed])

    assert last_words._MOST_KEPT == len(words.newest)
    assert (1, 0) == words.of(failed)[:2]


def test_the_end_is_known_where_the_log_is_read_from_its_end_on(tmp_path: Path) -> None:
    others = [postfix(f"11:{n // 60:02}:{n % 60:02}", f"4Other{n}", SENT) for n in reversed(range(3_000))]

    report = scanned(tmp_path, postfix("12:30:00", "4XyZ1a", SENT), *others, postfix("10:00:01", "4XyZ1a", REFUSED))

    assert endings(report) == [(1, 1, 0)]


def test_a_mail_sent_without_a_word_on_its_recipient_is_over_for_all(tmp_path: Path) -> None:
    sent = "Nov 20 10:10:01 mail postfix/smtp[99]: 4XyZ1a: relay=none, delay=1, delays=0/0/1/0, " + SENT + "\n"

    assert endings(scanned(tmp_path, postfix("10:00:01", "4XyZ1a", REFUSED), sent)) == [(1, 1, 0)]


def test_a_mail_that_was_given_up_is_shown_though_its_tries_are_in_no_log(tmp_path: Path) -> None:
    report = scanned(tmp_path, expired("11:00:00", "4XyZ1a"), expired("11:00:00", "4XyZ1b"))

    assert ["unknown.given-up"] == [finding.rule for finding in report.findings]
    assert (2, 2) == (report.summary.failed, report.findings[0].given_up)
