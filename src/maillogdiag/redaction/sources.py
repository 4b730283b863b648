"""Names of sources: files, units, containers. Of these only words that are nobody's are kept."""

from __future__ import annotations

from maillogdiag.expressions import expression
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import STAND_IN, RedactionMap
from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.redaction.scrubbing import scrub
from maillogdiag.redaction.vocabulary import is_common_word

_PIECE = expression(rf"{STAND_IN.pattern}|[^\W_]+")
_NUMBERED = expression(r"(?P<word>[^\W\d_]*)\d*")


def scrub_source(name: MarkedText, mapping: RedactionMap) -> None:
    """Replace every word of a source's name that is not known to be harmless.

    A folder or file may be called after a customer, a community or a person, which no pattern can tell: so what is
    kept is listed instead ("/var/log/mastodon/sidekiq.log.1.gz" stays as it is).
    """
    scrub(name, mapping)
    name.sub(_PIECE, lambda piece: _replace_piece(piece[0], mapping))


def _replace_piece(piece: str, mapping: RedactionMap) -> str:
    numbered = _NUMBERED.fullmatch(piece)
    word = numbered["word"] if numbered else piece
    if len(word) < 2 or is_common_word(word) or is_common_word(piece):
        return piece
    return mapping.stand_in(Kind.NAME, piece)
