"""Keys for events that name no mail: the same reason, in the same seconds or next to each other, is the same try.

A failed mail shows up as a log line, as a traceback of the request that sent it, as a worker's complaint; all
repeat the server's reply, each in its own wrapping.
"""

from __future__ import annotations

from maillogdiag.expressions import expression
from maillogdiag.records import Record

_GIST_CHARACTERS = 60
# Zulip's "error code 535: b'…'", smtplib's "(535, b'…')" and "retcode (535); Msg: b'…'", Odoo's line break.
_REPLY = expression(
    r"(?P<code>(?!465|587)[2-5](?<!\d.)\d\d)\)?(?:, ?|: |; Msg: |\n)[bu]?"
    r"(?:'(?P<single>[^'\n]{0,400})|\"(?P<double>[^\"\n]{0,400})|(?P<bare>[^\n'\"]{1,400}))"
)
_CLASS = expression(r"(?:[A-Za-z_]\w{0,80}\.){0,8}(?P<name>[A-Za-z_]\w{0,80})(?:: |\()")
_NOT_TELLING = expression(r"\\[rn]|[\W_]+")


def gist_of(text: str) -> str:
    """Return what an error text says, without its wrapping: the reply's code and letters, or the text's letters.

    An exception's class counts only where nothing follows it, since some lines leave it out.
    """
    if reply := _REPLY.search(text):
        words = reply["single"] or reply["double"] or reply["bare"] or ""
        return reply["code"] + _letters(words)
    if named := _CLASS.match(text):
        return _letters(text[named.end() :]) or _letters(named["name"])
    return _letters(text)


def reason_keys(record: Record, text: str) -> tuple[str, ...]:
    """Return the key that an event with the same reason within seconds shares; without times, one close by does."""
    gist = gist_of(text)
    if record.time is None:
        return (f"same:python/{gist}",)
    return (f"why:{gist}",)


def _letters(text: str) -> str:
    return _NOT_TELLING.sub("", text[:400]).lower()[:_GIST_CHARACTERS]
