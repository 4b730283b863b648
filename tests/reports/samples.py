"""Reports built by hand: one that shows everything, small ones, and hostile text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from maillogdiag.causes import Cause
from maillogdiag.reports.model import Bucket, Coverage, Evidence, Finding, Report, Status, Summary
from maillogdiag.rulebase.rules import Confidence, Fix, Setting, Severity

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

MASTODON_FIX = Fix(
    app="mastodon",
    steps=(
        "Create an app password in the mail account (Google: https://myaccount.google.com/apppasswords).",
        "Put it in place of the old password, without the blanks that are shown in it.",
    ),
    settings=(
        Setting(".env.production", "SMTP_LOGIN", "<the full mail address>", "mailer"),
        Setting(".env.production", "SMTP_PASSWORD", "<the app password>", "(set, with a blank at its start or end)"),
    ),
    restart=(
        "Source install: sudo systemctl restart mastodon-sidekiq mastodon-web",
        "Docker: docker compose up -d (a plain restart does not read .env.production again)",
    ),
    verify="Ask for a password reset in the browser, since that goes through Sidekiq.",
    undo="Write the old values back and restart.",
)
GMAIL_TEXT = (
    "Error performing ActionMailer::MailDeliveryJob from Sidekiq(mailers) in 2278.09ms: "
    "Net::SMTPAuthenticationError (535-5.7.8 Username and Password not accepted. For more information, go to\n"
    "535 5.7.8 https://support.google.com/mail/?p=BadCredentials a1sm - gsmtp):\n"
    "/usr/lib/ruby/3.1.0/net/smtp.rb:1021:in `check_auth_response'"
)


def gmail_finding() -> Finding:
    """Sign-in refused by Gmail, still going on."""
    start = GMAIL_TEXT.index("535-5.7.8")
    return Finding(
        cause=Cause.AUTH_APP_PASSWORD_REQUIRED,
        rule="auth-app-password-required.gmail",
        title="Gmail wants an app password instead of the account's password",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        count=35,
        messages=12,
        first_seen=NINE,
        last_seen=NINE + timedelta(hours=25, minutes=7),
        apps=("mastodon",),
        code=535,
        enhanced="5.7.8",
        explanation=(
            "The login is known, but Gmail does not let programs in with the password people use in the browser. "
            "It asks for a password made for this one application."
        ),
        fixes=(MASTODON_FIX,),
        evidence=(
            Evidence("sidekiq.log", 1204, NINE, GMAIL_TEXT, ((start, start + 44),)),
            Evidence("sidekiq.log", 9310, NINE + timedelta(hours=25, minutes=7), GMAIL_TEXT, ((start, start + 9),)),
        ),
        before_onset=(
            Evidence(
                "journal", 70, NINE - timedelta(minutes=2), "Started mastodon-sidekiq.service - mastodon-sidekiq."
            ),
        ),
        last_accepted_before=NINE - timedelta(minutes=3),
    )


def certificate_finding() -> Finding:
    """A certificate for another host, over by now."""
    text = "SSL_connect returned=1 errno=0 state=error: certificate verify failed (Hostname mismatch)"
    return Finding(
        cause=Cause.CERT_HOSTNAME_MISMATCH,
        rule="cert-hostname-mismatch",
        title="The mail server's certificate is for another name",
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        count=2,
        messages=2,
        first_seen=NINE,
        last_seen=NINE,
        apps=("mastodon", "zulip"),
        code=None,
        enhanced=None,
        explanation="The server shows a certificate that does not hold the name it was called by.",
        fixes=(Fix("any", ("Call the server by a name that its certificate holds.",)),),
        evidence=(Evidence("journal", 77, NINE, text, ((0, 11), (text.index("Host"), len(text) - 1))),),
        recovered=NINE + timedelta(minutes=20),
    )


def unknown_finding() -> Finding:
    """A text that no rule knows."""
    return Finding(
        cause=Cause.UNKNOWN,
        rule="unknown.5xx",
        title="A permanent failure that no rule knows",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        count=1,
        messages=1,
        first_seen=None,
        last_seen=None,
        apps=("postfix",),
        code=554,
        enhanced=None,
        explanation="Code 554: the transaction failed (RFC 5321).",
        fixes=(),
        evidence=(Evidence("mail.log", 3, None, "status=bounced (host said: 554 Zonk)"),),
    )


def full_report() -> Report:
    """Every section, every kind of finding."""
    buckets = (Bucket(NINE + timedelta(hours=n), (n * 7) % 5, 3 if n > 1 else 0) for n in range(26))
    return Report(
        status=Status.FAILING,
        verdict="Mail is failing since 2026-11-20 09:00: 38 of 90 attempts failed, from 3 causes.",
        summary=Summary(90, 51, 38, 1),
        findings=(gmail_finding(), certificate_finding(), unknown_finding()),
        timeline=tuple(buckets),
        coverage=(
            Coverage("sidekiq.log", "plain", 1_204_310, 90_123, 412, 0),
            Coverage("journal", "journal", 5_000, 4_000, 12, 2, ("smtp error: wibble",), ("line 7: truncated",)),
            Coverage("nginx.log", "plain", 10, 10, 0, 0),
        ),
        limits=("2 log entries speak of mail but could not be read.",),
        version="0.1.0",
        rules_digest="0123abcd4567",
        redacted=True,
        legend=("domain-1 sends the mail",),
    )


def quiet_report(status: Status = Status.NOTHING_SEEN) -> Report:
    """A report without any finding."""
    return Report(status, "No mail activity was seen in 10 lines.", Summary(), version="0.1.0")
