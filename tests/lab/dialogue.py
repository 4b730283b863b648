"""What the misbehaving server says, and at which phase of the SMTP dialogue it says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Rude(StrEnum):
    """What a server does instead of answering."""

    CLOSE = "close"
    HANG = "hang"


Phase = Literal["banner", "handshake", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "END"]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One way to serve a connection; the defaults are a polite server.

    Args:
        answers: what is said at a phase instead of the polite reply; text of several lines becomes one reply.
            A 421, and a banner which isn't 220, close the connection after it.
        tls: "starttls" offers it, "implicit" begins with it, "none" has none.
        certificate: which of `certificates.write_certificates` is shown.
        tls_fault: "old" speaks nothing newer than TLS 1.1, "no-shared-cipher" has no cipher that anyone offers.
        mechanisms: what EHLO offers for AUTH; empty offers none.
        needs_tls_for_auth: AUTH is offered inside TLS only.
        closes_after: the phase after whose answer the server hangs up.
    """

    answers: Mapping[Phase, str | Rude] = field(default_factory=dict)
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    certificate: str = "good"
    tls_fault: Literal["old", "no-shared-cipher"] | None = None
    mechanisms: str = "PLAIN LOGIN"
    needs_tls_for_auth: bool = False
    closes_after: Phase | None = None

    def extensions(self, is_encrypted: bool) -> list[str]:
        """Return what the reply to EHLO lists on this connection."""
        listed = ["smtp.example.org", "PIPELINING", "SIZE 10240000"]
        if self.tls == "starttls" and not is_encrypted:
            listed.append("STARTTLS")
        if self.mechanisms and (is_encrypted or not self.needs_tls_for_auth):
            listed.append(f"AUTH {self.mechanisms}")
        return [*listed, "ENHANCEDSTATUSCODES", "8BITMIME"]


POLITE = Dialogue()
