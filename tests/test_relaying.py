"""An application, and the mail server on its machine: each mail is told of twice and counts once."""

from __future__ import annotations

from pathlib import Path

import pytest

import maillogdiag

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
