"""One refusal, told twice: by the mail server on this machine, and by the application that it refused.

The server's line says who it was and why (`NOQUEUE: reject: … from localhost`), the application's error repeats its
reply. No id ties them together; the reply itself and the time do.
"""

from __future__ import annotations

import re

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression

RELAYS = frozenset({"postfix", "exim", "sendmail"})
"""Mail servers that take mail from applications on their machine."""

_REFUSALS = frozenset({"postfix-refused", "postfix-login-refused", "exim-refused", "sendmail-refused"})
_WINDOW_S = 3.0
_ENOUGH_CHARACTERS = 12
_NOT_WORDS = expression(r"[^a-z0-9]+")
# In the mail server's line only: its codes (the application's may be in parentheses) and who wanted to log in.
_NOT_SAID = expression(
    r"^(?:.{0,80}?\b)?[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3} )?"
    r"|^SASL \S{1,100} (?=authentication failed: )|, sasl_username=.*| \(set_id=.*",
    re.DOTALL,
)


def is_refusal(event: Event) -> bool:
    """Whether a mail server says here that it refused an application."""
    return event.form.partition(" ")[0] in _REFUSALS and event.kind is EventKind.FAILED


def echo_codes(event: Event) -> tuple[int, str | None] | None:
    """Return the codes that a refusal and its echo have in common; None for what can be neither."""
    if event.kind is not EventKind.FAILED or event.failure is None or event.failure.code is None:
        return None
    if event.record.time is None or (event.app in RELAYS and not is_refusal(event)):
        return None
    return event.failure.code, event.failure.enhanced


def is_echo(refusal: Event, event: Event) -> bool:
    """Whether an application's failure repeats a mail server's refusal; both have the same `echo_codes`."""
    assert refusal.failure is not None
    assert event.failure is not None
    assert refusal.record.time is not None
    assert event.record.time is not None
    if abs((event.record.time - refusal.record.time).total_seconds()) > _WINDOW_S:
        return False
    words = _gist(_NOT_SAID.sub("", refusal.failure.text))
    return len(words) >= _ENOUGH_CHARACTERS and words in _gist(event.failure.text)


def _gist(text: str) -> str:
    return _NOT_WORDS.sub("", text.lower())
