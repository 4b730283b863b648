"""What stand-ins mean, as far as the log tells: which of the domains is the server's own."""

from __future__ import annotations

from collections.abc import Iterable

from maillogdiag.expressions import expression
from maillogdiag.redaction.hosts import registered_domain
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap

# Where a server's own domain stands: senders, Message-IDs that it made, the name it greets with.
_OWN = expression(
    r"(?i)(?:\bfrom[=:] ?<?[\w.+-]{1,100}@|\bmail from:<[\w.+-]{1,100}@|message-id[=:] ?<[^\s@>]{1,200}@"
    r"|\bDelivered mail [\w.-]{1,100}@|\b[eh][he]lo[ =]<?)(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
)


def legend_of(texts: Iterable[str], mapping: RedactionMap) -> tuple[str, ...]:
    """Return a line for each stand-in whose role is known: "domain-1 sends the mail"."""
    own = dict.fromkeys(
        stand_in
        for text in texts
        for found in _OWN.finditer(text)
        if (stand_in := mapping.stand_ins.get((Kind.DOMAIN, registered_domain(found["host"]))))
    )
    return tuple(f"{stand_in} sends the mail" for stand_in in own)
