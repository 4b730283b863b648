"""What is left of a line when an envelope is off, and what one kind of envelope is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Peeled(NamedTuple):
    """A line's text and what its envelopes told; fields as in `Line`.

    Args:
        text: may hold newlines where one envelope held several lines.
        format: the envelopes' names from the outside in, "plain" where there was none.
        is_partial: the rest of the line follows in the same writer's next one (container runtimes cut at 16 KiB).
        continues: as in `Line`.
    """

    text: str
    time: datetime | None = None
    host: str | None = None
    unit: str | None = None
    process: str | None = None
    pid: int | None = None
    format: str = "plain"
    is_partial: bool = False
    continues: bool = False

    def unpacked(
        self,
        text: str,
        format: str,
        *,
        time: datetime | None = None,
        host: str | None = None,
        unit: str | None = None,
        process: str | None = None,
        pid: str | int | None = None,
        is_partial: bool = False,
    ) -> Peeled:
        """Return what is inside the next envelope; what that one does not tell, the ones around it do."""
        return Peeled(
            text,
            time or self.time,
            host or self.host,
            unit or self.unit,
            process or self.process,
            int(pid) if pid else self.pid,
            format if self.format == "plain" else f"{self.format}, {format}",
            is_partial or self.is_partial,
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """One kind of envelope. No two kinds match the same line, so that the order of trying does not matter.

    Args:
        first: what its lines begin with: "0" stands for any digit, "a" for any letter, all else for itself.
        pattern: matches at the line's beginning.
        unpack: takes the match, the line as it was, and a time no entry is later than; None where it is no
            such envelope after all.
        is_header: whether all that it tells stands before its first ": ", if its text begins there.
    """

    first: str
    pattern: re.Pattern[str]
    unpack: Callable[[re.Match[str], Peeled, datetime], Peeled | None]
    is_header: bool = False
