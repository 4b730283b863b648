from __future__ import annotations

from dataclasses import replace

from maillogdiag.reports.compare import compare_reports, comparison_as_text
from maillogdiag.reports.digest import digest_of
from maillogdiag.reports.model import Summary
from tests.reports.samples import certificate_finding, full_report, gmail_finding, quiet_report, unknown_finding


def test_findings_are_gone_new_or_still_there() -> None:
    old = replace(full_report(), findings=(gmail_finding(), certificate_finding()))
    new = replace(full_report(), findings=(replace(gmail_finding(), count=3), unknown_finding()))

    found = compare_reports(old, new)

    assert (certificate_finding(),) == found.gone
    assert (unknown_finding(),) == found.new
    assert ((35, 3),) == tuple((before.count, after.count) for before, after in found.still)


def test_comparison_answers_whether_the_fix_worked() -> None:
    mended = replace(full_report(), findings=(), summary=Summary(5, 5, 0, 0))

    text = comparison_as_text(compare_reports(full_report(), mended))

    assert text.startswith("All causes of the old report are gone, and none is new.\n")
    assert "Gmail wants an app password instead of the account's password [auth-app-password-required]" in text
    assert "(was 35 failed attempts)" in text


def test_report_without_mail_proves_no_success() -> None:
    text = comparison_as_text(compare_reports(full_report(), quiet_report()))

    assert text.startswith("The new report saw no mail at all")


def test_what_still_fails_is_counted() -> None:
    text = comparison_as_text(compare_reports(full_report(), full_report()))

    assert text.startswith("0 gone, 0 new, 3 still there: mail still fails.\n")
    assert "(35 → 35 failed attempts)" in text


def test_digest_is_one_line() -> None:
    assert (
        "failing attempts=90 accepted=51 failed=38 unknown=1"
        " auth-app-password-required=35 cert-hostname-mismatch=2 unknown=1" == digest_of(full_report())
    )
    assert "nothing-seen attempts=0 accepted=0 failed=0 unknown=0" == digest_of(quiet_report())
