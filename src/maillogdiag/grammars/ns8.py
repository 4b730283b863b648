"""NethServer 8: `ns8-sendmail`, with which the node sends its own mail (alerts, passwords that expire).

    entry := "status=" ("sent" | "error") "from=" address "to=" address "subject=" quoted "server=" host ":" port
             "code=" number ["message=" quoted]

`code=-1` stands for any exception that is no SMTP reply. Source: NethServer/ns8-core, since 3.19; NethServer/dev#7983.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Failure, read_failure
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.records import Record

APP = "ns8"
_NO_SMARTHOST = "Smarthost is not enabled"
_MOST_CHARACTERS = 8 * 1024

_ENTRY = Delayed(
    lambda: (
        pp.Regex(r"(?s).{0,80}?\bstatus=(?P<status>sent|error)")
        + pp.Regex(r"from=(?P<from>\S{0,320})")
        + pp.Regex(r"to=(?P<to>\S{0,320})")
        + pp.Regex(r'subject="(?:[^"\\]|\\.)*"')
        + pp.Regex(r"server=(?P<host>[^\s:]{0,255})(?::(?P<port>\d{1,5}))?")
        + pp.Regex(r"code=(?P<code>-?\d{1,3})")
        + pp.Opt(pp.Regex(r'(?s)message="(?P<reply>(?:[^"\\]|\\.)*)'))
    )
)


class _Ns8:
    """Reads ns8-sendmail's lines; see the module."""

    name = APP
    anchors = ("status=sent from=", "status=error from=", _NO_SMARTHOST)

    def read(self, record: Record) -> Iterable[Event]:
        """Return how the mail that `record` tells of went."""
        text = record.text[:_MOST_CHARACTERS]
        if _NO_SMARTHOST in text:
            return (Event(EventKind.FAILED, APP, record, "ns8-sendmail", failure=read_failure(text, app=APP)),)
        parts = parse_parts(_ENTRY, text)
        if parts is None:
            return ()
        failure = _failure(parts) if parts["status"] == "error" else None
        kind = EventKind.FAILED if failure else EventKind.ACCEPTED
        keys = (f"line:{record.time.isoformat()}/{text[:400]}",) if record.time else ()
        return (
            Event(
                kind, APP, record, "ns8-sendmail", keys, failure=failure, recipient=parts["to"], sender=parts["from"]
            ),
        )


def _failure(parts: dict[str, str]) -> Failure:
    code, reply = int(parts["code"]), parts.get("reply", "")
    port = int(parts["port"]) if "port" in parts else None
    return read_failure(f"{code} {reply}" if code > 0 else reply, app=APP, host=parts["host"], port=port)


GRAMMAR = _Ns8()
