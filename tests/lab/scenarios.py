"""Every way a mail fails in the lab: what the server does, how the client is set up, and what its log then proves.

`cause` is what a careful reader can conclude from the client's log alone; where the log hides the truth, `truth`
tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tests.lab.dialogue import POLITE, Dialogue, Phase, Rude
from tests.lab.room import SMTP_HOST


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case to play.

    Args:
        name: the fixture's folder.
        cause: expected cause of every failed mail; None where all succeed.
        dialogues: one a connection, the last for ever; none: nothing listens.
        host, port: what the client is told to use; servers listen on the same port.
        security: how the client is told to speak.
        has_login: the client has user and password.
        mails: how many are sent, one after the other.
        failed: how many of them fail.
        causes: what differs from `cause` by application.
        truth: what was really wrong, where the log shows a symptom only.
        only: the applications for which the case makes sense; empty: all.
    """

    name: str
    cause: str | None
    dialogues: tuple[Dialogue, ...] = (POLITE,)
    host: str = SMTP_HOST
    port: int = 587
    security: Literal["none", "starttls", "starttls-always", "implicit"] = "starttls"
    has_login: bool = True
    mails: int = 3
    failed: int = 2
    causes: Mapping[str, str | None] = field(default_factory=dict)
    truth: str | None = None
    only: frozenset[str] = frozenset()

    def cause_for(self, app: str) -> str | None:
        return self.causes.get(app, self.cause)

    def truth_for(self, app: str) -> str | None:
        """Return what the log hides, if it does."""
        is_hidden = self.truth is not None and self.truth.partition(":")[0] != self.cause_for(app)
        return self.truth if is_hidden else None


def _after_success(bad: Dialogue) -> tuple[Dialogue, ...]:
    """Let one mail through, then break."""
    return replace(bad, answers={}, certificate="good", tls_fault=None, closes_after=None), bad


def _refusal(name: str, cause: str, phase: Phase, reply: str | Rude, **more: object) -> Scenario:
    """Make a case in which the server answers one phase badly."""
    return Scenario(name, cause, _after_success(Dialogue(answers={phase: reply})), **more)  # type: ignore[arg-type]


def _whole(name: str, cause: str, dialogue: Dialogue | None, **more: object) -> Scenario:
    """Make a case in which no mail succeeds; without a dialogue nothing listens."""
    settings = {"mails": 2, "failed": 2, **more}
    return Scenario(name, cause, (dialogue,) if dialogue else (), **settings)  # type: ignore[arg-type]


GMAIL_535 = (
    "535 5.7.8 Username and Password not accepted. For more information, go to\n"
    "535 5.7.8  https://support.google.com/mail/?p=BadCredentials d2e1a72fcca58-example - gsmtp"
)
GMAIL_534 = (
    "534 5.7.9 Application-specific password required. For more information, go to\n"
    "534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor d2e1a72fcca58-example - gsmtp"
)

_AUTH = (
    _refusal("auth-failed", "auth-failed", "AUTH", "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"),
    _refusal("auth-failed-gmail", "auth-failed", "AUTH", GMAIL_535),
    _refusal("auth-app-password", "auth-app-password-required", "AUTH", GMAIL_534),
    _whole(
        "auth-required",
        "auth-required",
        Dialogue({"MAIL": "530 5.7.0 Authentication required"}),
        has_login=False,
    ),
    _refusal("auth-mechanism", "auth-mechanism-unsupported", "AUTH", "504 5.7.4 Unrecognized authentication type"),
    _whole(
        "auth-not-offered",
        "auth-mechanism-unsupported",
        Dialogue({"AUTH": "503 5.5.1 Error: authentication not enabled"}, mechanisms=""),
    ),
    _whole(
        "auth-only-inside-tls",
        "auth-mechanism-unsupported",
        Dialogue({"AUTH": "503 5.5.1 Error: authentication not enabled"}, needs_tls_for_auth=True),
        security="none",
        causes={"mattermost": "starttls-required"},
        truth="starttls-required: the server offers AUTH only after STARTTLS, which the client is told not to use",
    ),
    _refusal("auth-temporary", "temporary-server-failure", "AUTH", "454 4.7.0 Temporary authentication failure"),
)

_MATTERMOST_HIDES_STARTTLS = {
    "causes": {"mattermost": "starttls-required"},
    "truth": "starttls-unsupported: Mattermost drops the failure of STARTTLS and fails at AUTH, in clear",
}

_TLS = (
    _whole(
        "starttls-required",
        "starttls-required",
        Dialogue({"MAIL": "530 5.7.0 Must issue a STARTTLS command first"}),
        security="none",
        has_login=False,
    ),
    _whole(
        "starttls-unsupported", "starttls-unsupported", Dialogue(tls="none"), security="starttls-always",
        **_MATTERMOST_HIDES_STARTTLS,
    ),
    _refusal(
        "starttls-unavailable", "starttls-unsupported", "STARTTLS", "454 4.7.0 TLS not available due to local problem",
        **_MATTERMOST_HIDES_STARTTLS,
    ),
    *(
        Scenario(
            f"{name}-{mode}", cause, _after_success(bad), port=port, security=security,  # type: ignore[arg-type]
            causes={"exim": "cert-untrusted"},
            truth=f"{cause}: Exim with GnuTLS tells only that the certificate could not be verified",
        )
        for name, cause, certificate in (
            ("cert-self-signed", "cert-untrusted", "self-signed"),
            ("cert-unknown-issuer", "cert-untrusted", "unknown-issuer"),
            ("cert-unknown-root", "cert-untrusted", "unknown-root"),
            ("cert-other-host", "cert-hostname-mismatch", "other-host"),
            ("cert-expired", "cert-expired", "expired"),
        )
        for mode, port, security, bad in (
            ("starttls", 587, "starttls", Dialogue(certificate=certificate)),
            ("implicit", 465, "implicit", Dialogue(certificate=certificate, tls="implicit")),
        )
    ),
    *(
        Scenario(
            name, "tls-protocol", _after_success(Dialogue(tls="implicit", tls_fault=fault)), port=465,
            security="implicit",
        )
        for name, fault in (("tls-too-old", "old"), ("tls-no-shared-cipher", "no-shared-cipher"))
    ),
    Scenario(
        "tls-handshake-cut",
        "connection-dropped",
        _after_success(Dialogue({"handshake": Rude.CLOSE}, tls="implicit")),
        port=465,
        security="implicit",
    ),
    _whole("tls-to-starttls-port", "tls-wrong-mode", POLITE, security="implicit"),
    _whole(
        "clear-to-implicit-port",
        "tls-wrong-mode",
        Dialogue(tls="implicit"),
        port=465,
        mails=1,
        failed=1,
        truth="tls-wrong-mode: port 465 wants TLS from the first byte, the client waits for a greeting in clear",
        causes=dict.fromkeys(("mastodon", "zulip", "mattermost", "exim"), "connection-timeout"),
    ),
)  # fmt: skip

_NETWORK = (
    _whole("connection-refused", "connection-refused", None),
    _whole("connection-timeout", "connection-timeout", None, host="mute.example.org", mails=1, failed=1),
    _refusal("banner-timeout", "connection-timeout", "banner", Rude.HANG, mails=2, failed=1),
    _refusal("end-of-data-timeout", "connection-timeout", "END", Rude.HANG, mails=2, failed=1),
    _whole("no-route-to-host", "network-unreachable", None, host="nohost.example.org"),
    _whole("network-unreachable", "network-unreachable", None, host="nonet.example.org"),
    _whole("dns-no-such-name", "dns-failure", None, host="smtp.example.invalid"),
    _whole("dns-no-server", "dns-failure", None),
    _refusal("dropped-at-banner", "connection-dropped", "banner", Rude.CLOSE),
    _refusal("dropped-at-ehlo", "connection-dropped", "EHLO", Rude.CLOSE),
    _refusal("dropped-at-mail", "connection-dropped", "MAIL", Rude.CLOSE),
    _whole(
        "imap-behind-port",
        "wrong-service",
        Dialogue({"banner": "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready."}),
        port=143,
    ),
    _whole("pop3-behind-port", "wrong-service", Dialogue({"banner": "+OK Dovecot ready."}), port=110),
    _whole(
        "http-behind-port",
        "wrong-service",
        Dialogue({"banner": "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n"}),
        port=8025,
        causes={"postfix": "connection-dropped"},
        truth="wrong-service: Postfix doesn't log a greeting that is not SMTP",
    ),
)

_REPLIES = tuple(
    _refusal(name, cause, phase, reply)  # type: ignore[arg-type]
    for name, cause, phase, reply in (
        ("relay-denied", "relay-denied", "RCPT", "554 5.7.1 <ada@remote.example.net>: Relay access denied"),
        (
            "client-rejected",
            "client-rejected",
            "RCPT",
            "554 5.7.1 <unknown[192.0.2.10]>: Client host rejected: Access denied",
        ),
        (
            "ip-blocked",
            "ip-blocked",
            "RCPT",
            "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using dnsbl.example.org; "
            "listed, see https://dnsbl.example.org/query/192.0.2.10",
        ),
        ("spam-rejected", "spam-rejected", "END", "554 5.7.1 Message rejected as spam by content filtering"),
        (
            "authentication-policy",
            "authentication-policy",
            "END",
            "550 5.7.26 Unauthenticated email from social.example.org is not accepted due to domain's DMARC policy.",
        ),
        (
            "sender-not-owned",
            "sender-rejected",
            "RCPT",
            "553 5.7.1 <notifications@social.example.org>: Sender address rejected: "
            "not owned by user mailer@example.org",
        ),
        (
            "sender-refused",
            "sender-rejected",
            "MAIL",
            "550 5.7.1 Sender address notifications@social.example.org is not verified",
        ),
        (
            "send-as-denied",
            "sender-rejected",
            "END",
            "554 5.2.252 SendAsDenied; mailer@example.org not allowed to send as "
            "notifications@social.example.org; STOREDRV.Submission.Exception:SendAsDeniedException",
        ),
        (
            "recipient-unknown",
            "recipient-rejected",
            "RCPT",
            "550 5.1.1 <ada@remote.example.net>: Recipient address rejected: User unknown in virtual mailbox table",
        ),
        (
            "greylisted",
            "greylisted",
            "RCPT",
            "450 4.2.0 <ada@remote.example.net>: Recipient address rejected: Greylisted, "
            "see http://postgrey.schweikert.ch/help/remote.example.net.html",
        ),
        ("rate-limited-banner", "rate-limited", "banner", "421 4.7.0 smtp.example.org Error: too many connections"),
        (
            "rate-limited",
            "rate-limited",
            "RCPT",
            "450 4.7.1 <mailer@example.org>: Recipient address rejected: rate limit exceeded, try again later",
        ),
        ("rate-limited-auth", "rate-limited", "AUTH", "454 4.7.0 Too many login attempts, please try again later."),
        ("mailbox-full", "mailbox-full", "RCPT", "452 4.2.2 <ada@remote.example.net>: The email account is over quota"),
        ("mailbox-full-final", "mailbox-full", "END", "552 5.2.2 Mailbox full"),
        ("message-too-large", "message-too-large", "MAIL", "552 5.3.4 Message size exceeds fixed limit"),
        (
            "helo-rejected",
            "helo-rejected",
            "RCPT",
            "450 4.7.1 <social.example.org>: Helo command rejected: Host not found",
        ),
        ("helo-refused", "helo-rejected", "EHLO", "501 5.5.4 Invalid HELO name (See RFC2821 4.1.1.1)"),
        (
            "temporary-failure",
            "temporary-server-failure",
            "RCPT",
            "451 4.3.0 <ada@remote.example.net>: Temporary lookup failure",
        ),
        ("queue-file-error", "temporary-server-failure", "END", "451 4.3.0 Error: queue file write error"),
    )
)  # fmt: skip

_MASKED = (
    Scenario(
        "sender-refused-then-closed",
        "sender-rejected",
        _after_success(Dialogue({"MAIL": "550 5.7.1 Sender address rejected: not verified"}, closes_after="MAIL")),
        causes={"mastodon": "connection-dropped"},
        truth="sender-rejected: net-smtp's own QUIT fails on the closed connection, and that is what it raises",
    ),
    Scenario(
        "rate-limited-mid-session",
        "rate-limited",
        _after_success(Dialogue({"MAIL": "421 4.7.0 Too many messages from this sender, try again later"})),
        causes={"mastodon": "connection-dropped"},
        truth="rate-limited: net-smtp's own QUIT fails on the closed connection, and that is what it raises",
    ),
    _refusal("data-refused", "greylisted", "DATA", "451 4.7.1 Greylisting in action, please come back later"),
)

SUCCESS = Scenario("success", None, mails=3, failed=0)

SCENARIOS = {scenario.name: scenario for scenario in (*_AUTH, *_TLS, *_NETWORK, *_REPLIES, *_MASKED, SUCCESS)}
