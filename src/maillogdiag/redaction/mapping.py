"""Which stand-in stands for which value: the same value has the same one throughout a report."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from maillogdiag.errors import ReportError
from maillogdiag.expressions import expression
from maillogdiag.redaction.kinds import SECRET_KINDS, Kind
from maillogdiag.redaction.vocabulary import is_common_word

STAND_IN = expression(rf"\b({'|'.join(sorted(Kind, key=len, reverse=True))})-(\d{{1,6}})(?![\w])")
_WHOLE_STAND_IN = expression(rf"(?:noreply-)?(?:{'|'.join(Kind)})-\d{{1,6}}(?:\.domain-\d{{1,6}})?")
_SHORTEST_KNOWN = 4
# Each is searched in every text, and one server has few passwords.
_MOST_SECRETS = 100
_KNOWN_ALONE = frozenset({Kind.USER, Kind.DOMAIN, Kind.HOST, Kind.MESSAGE, Kind.TOKEN})


@dataclass(slots=True)
class RedactionMap:
    """Values and their stand-ins, in the order of their first appearance. Private: it undoes the redaction.

    Args:
        stand_ins: by kind and value in lower case.
        spelling: the value as it was first seen.
        addresses: whole mail addresses and host names, whose stand-ins are put together from several.
        words: in lower case, what is replaced wherever it stands alone: a user's name in a path.
        passwords: what is replaced wherever it occurs at all.
    """

    stand_ins: dict[tuple[Kind, str], str] = field(default_factory=dict)
    spelling: dict[tuple[Kind, str], str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def stand_in(self, kind: Kind, value: str) -> str:
        """Return the stand-in for `value`, a new one where it was not seen before; a stand-in stands for itself."""
        if is_stand_in(value):
            return value
        key = (kind, value.casefold())
        if key not in self.stand_ins:
            number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
            self.stand_ins[key] = f"{kind}-{number}"
            self.spelling[key] = value
            self._remember(kind, value, self.stand_ins[key])
        return self.stand_ins[key]

    def remember_address(self, address: str, stand_in: str) -> None:
        """Note a whole mail address, or a whole host name, for the search after rendering."""
        if address != stand_in:
            self.addresses.setdefault(address.casefold(), stand_in)

    def reserve(self, text: str) -> None:
        """Never give out a stand-in that `text` already holds: it was redacted before, and means something else."""
        for found in STAND_IN.finditer(text):
            kind, number = found[1], int(found[2])
            self._numbers[kind] = max(self._numbers.get(kind, 0), number)

    def values(self) -> Iterator[tuple[Kind, str]]:
        """Yield every value that was replaced."""
        yield from ((kind, self.spelling[kind, value]) for kind, value in self.stand_ins)

    def write(self, path: Path) -> None:
        """Write the map as JSON that only its owner can read; secrets are not in it.

        Raises:
            ReportError: the file cannot be written.
        """
        rows = {
            stand_in: self.spelling[kind, value]
            for (kind, value), stand_in in self.stand_ins.items()
            if kind not in SECRET_KINDS
        }
        try:
            # Opened for the owner alone from the start, and made so where the file was there before.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o600)
                file.write(json.dumps(rows, ensure_ascii=True, indent=2) + "\n")
        except OSError as error:
            raise ReportError(f"cannot write {path}: {error.strerror}; choose another --redaction-map") from None

    def _remember(self, kind: Kind, value: str, stand_in: str) -> None:
        if len(value) < _SHORTEST_KNOWN or is_common_word(value):
            return
        if kind is Kind.SECRET and len(self.passwords) < _MOST_SECRETS:
            self.passwords[value] = stand_in
        elif kind in _KNOWN_ALONE and not value.isdigit():
            self.words[value.casefold()] = stand_in


def is_stand_in(value: str) -> bool:
    """Whether `value` is a stand-in already."""
    return _WHOLE_STAND_IN.fullmatch(value) is not None
