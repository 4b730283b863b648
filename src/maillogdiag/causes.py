"""The closed list of causes: what a finding may be called, in the report, in JSON and in rules/.

A cause is split only where the fix differs, never where merely the wording does.
"""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why a mail did not leave; `UNKNOWN` is a failure that no rule knows, never "no failure"."""

    AUTH_FAILED = "auth-failed"
    AUTH_APP_PASSWORD_REQUIRED = "auth-app-password-required"
    AUTH_REQUIRED = "auth-required"
    AUTH_MECHANISM_UNSUPPORTED = "auth-mechanism-unsupported"
    TLS_WRONG_MODE = "tls-wrong-mode"
    STARTTLS_REQUIRED = "starttls-required"
    STARTTLS_UNSUPPORTED = "starttls-unsupported"
    CERT_UNTRUSTED = "cert-untrusted"
    CERT_HOSTNAME_MISMATCH = "cert-hostname-mismatch"
    CERT_EXPIRED = "cert-expired"
    TLS_PROTOCOL = "tls-protocol"
    DNS_FAILURE = "dns-failure"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_TIMEOUT = "connection-timeout"
    NETWORK_UNREACHABLE = "network-unreachable"
    CONNECTION_DROPPED = "connection-dropped"
    RELAY_DENIED = "relay-denied"
    CLIENT_REJECTED = "client-rejected"
    SENDER_REJECTED = "sender-rejected"
    RECIPIENT_REJECTED = "recipient-rejected"
    IP_BLOCKED = "ip-blocked"
    SPAM_REJECTED = "spam-rejected"
    AUTHENTICATION_POLICY = "authentication-policy"
    RATE_LIMITED = "rate-limited"
    GREYLISTED = "greylisted"
    MAILBOX_FULL = "mailbox-full"
    MESSAGE_TOO_LARGE = "message-too-large"
    HELO_REJECTED = "helo-rejected"
    APP_MISCONFIGURED = "app-misconfigured"
    WRONG_SERVICE = "wrong-service"
    TEMPORARY_SERVER_FAILURE = "temporary-server-failure"
    QUEUE_STALLED = "queue-stalled"
    UNKNOWN = "unknown"


PER_MAIL = frozenset(
    {
        Cause.RECIPIENT_REJECTED,
        Cause.MAILBOX_FULL,
        Cause.MESSAGE_TOO_LARGE,
        Cause.SPAM_REJECTED,
        Cause.GREYLISTED,
    }
)
"""Causes that lie with one mail or one recipient: that other mail went out says nothing about them."""

WAITING_RULE = "queue-stalled.no-worker"
"""The one rule that counts mails that wait instead of attempts that failed."""
