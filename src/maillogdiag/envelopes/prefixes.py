"""Prefixes that no envelope knows: what viewers, supervisors and log stores put in front of each line.

    pm2      0|sidekiq  | text
    stern    mastodon-sidekiq-6d9c7 sidekiq text
    aws logs tail, Grafana, grep -n, …

Where the head that an application itself writes stands behind something, that is the prefix. The lines around it, such
as a backtrace's, have the same one but for its numbers.
"""

from __future__ import annotations

import re

from maillogdiag.envelopes.peeled import Peeled
from maillogdiag.envelopes.stamps import iso_time
from maillogdiag.expressions import expression

_MOST_CHARACTERS = 130
_HEAD_CHARACTERS = 60
_MOST_KNOWN = 16
_HEAD = expression(
    r"[\s|>:](?="
    # Sidekiq
    r"(?:(?:DEBUG|INFO|WARN|ERROR|FATAL) {1,3})?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:pid=\d|\d{1,8} TID-)"
    r"|[A-Z], \[\d{4}-\d\d-\d\dT"  # Ruby's Logger
    r"|\[ActiveJob\] \["
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3} (?:ERR|WARN|INFO|DEBUG|CRIT)"  # Zulip
    r"|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} "  # Django
    r"|Traceback \(most recent call last\):"
    r"|\{\"timestamp\":\"\d{4}-\d\d-\d\d |\{\"level\":\""  # Mattermost
    r")"
)
# A message that quotes a line has quotation marks, three words in a row or one of trouble; an application's own head
# has a level.
_TELLS_MORE = expression(
    r"[\"'{}]|\b(?i:[a-z]{2,}) [a-z]{2,} [a-z]{2,}\b|(?i:error|exception|fail|refused|denied|time(?:d |-)?out)"
    r"|(?i:\b(?:debug|info|notice|warn(?:ing)?|err|fatal|critical)\b)"
)
# A number alone may as well be the code of a server's reply, on the line below it.
_NUMBERED = " \t0123456789"
_TIME = expression(r"\d{4}[-/]\d\d[-/]\d\d[T_ ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?")
_CLOCK = expression(r"\d\d:\d\d:\d\d")
_ENHANCED = expression(r"[245]\.\d\.\d")
_WORD = expression(r"[A-Za-z][\w./-]*")
_PART = re.compile(r"\d+|\s+|[^\d\s]+")


class Prefixes:
    """The prefixes of one source, as far as they were seen."""

    def __init__(self) -> None:
        self._known: dict[str, re.Pattern[str]] = {}

    def __getstate__(self) -> list[str]:
        """What later lines depend on, for another process."""
        return sorted(self._known)

    def __setstate__(self, shapes: list[str]) -> None:
        self._known = {shape: re.compile(shape) for shape in shapes}

    @property
    def are_known(self) -> bool:
        """Whether there were any."""
        return bool(self._known)

    def take_off(self, line: Peeled) -> Peeled | None:
        """Return `line` without its prefix; None where it has none that is certain."""
        text = line.text
        found = [match[0] for known in self._known.values() if (match := known.match(text))]
        if not found:
            head = _HEAD.search(text, 1, _MOST_CHARACTERS + _HEAD_CHARACTERS)
            if head is None or head.end() > _MOST_CHARACTERS or _TELLS_MORE.search(text, 0, head.end()):
                return None
            found = [text[: head.end()]]
            if not found[0].strip():  # it is indented
                return None
            if found[0].strip(_NUMBERED):
                self._learn(found[0])
        prefix = max(found, key=len)
        stamp = _TIME.search(prefix)
        time = iso_time(stamp[0].replace("/", "-").replace(" ", "T", 1).replace(" ", "")) if stamp else None
        rest = text[len(prefix) :]
        # Nothing else may tell when it was; and the number in front may be a reply's code after all.
        if (time is None and _CLOCK.search(prefix)) or _ENHANCED.match(rest):
            return None
        unit = " ".join(_WORD.findall(_TIME.sub("", prefix)))
        return line.unpacked(rest, "with a prefix", time=time, unit=unit or None)

    def _learn(self, prefix: str) -> None:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        shape = _shape_of(prefix)
        self._known[shape] = re.compile(shape)


def _shape_of(prefix: str) -> str:
    """Return a regular expression of what differs from `prefix` in numbers and in how wide they are set.

    Blanks behind it may be those by which a line of a backtrace is indented; of an empty line they may be gone.
    """
    words = prefix.rstrip()
    parts = (
        r"\d+" if part.isdecimal() else r"\s+" if part.isspace() else re.escape(part) for part in _PART.findall(words)
    )
    return f"{''.join(parts)}(?:{re.escape(prefix[len(words) :])}|$)"
