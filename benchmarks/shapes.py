"""Recorded log shapes, taken from the fixtures, with new ids and times in each use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
_IDS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # ActiveJob
    r"|(?<=jid=)[0-9a-f]{24}|(?<=\"jid\":\")[0-9a-f]{24}"  # Sidekiq
    r"|(?<=request_id\":\")[a-z0-9]{26}"  # Mattermost
    r"|(?<=Delivered mail )[0-9a-z_-]+"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d{3}")
_ACCOUNT = re.compile(r"\bada@")


@dataclass(frozen=True, slots=True)
class Shape:
    """The lines of one job or mail as they were recorded.

    Args:
        parts: the text, and between its parts what each use has anew: "time", "tid", "account", or an id's number
            ("id:0") that stands for the same id wherever it has the same number.
        cause: why it failed; empty where it did not.
    """

    parts: tuple[str, ...]
    cause: str = ""

    def write(self, random: Random, time: str, tid: str) -> str:
        """Return the lines with new ids; `time` is ISO 8601 with milliseconds, written as this shape writes it."""
        new: dict[str, str] = {"T": time, "tid": tid, "account": f"user{random.getrandbits(40):x}"}
        written = []
        for number, part in enumerate(self.parts):
            if number % 2 == 0:
                written.append(part)
            elif part.startswith("time"):
                written.append(time[:10] + part[4] + time[11:19] + part[5] + time[20:])
            elif part in new:
                written.append(new[part])
            else:
                written.append(new.setdefault(part, _new_id(random, part)))
        return "".join(written)


def _new_id(random: Random, name: str) -> str:
    length = int(name.partition(":")[2].partition("/")[0])
    digits = f"{random.getrandbits(128):032x}"
    if length == 36:
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return digits[:length]


def shape_of(lines: list[str], cause: str = "") -> Shape:
    """Return the shape of recorded lines."""
    text = "".join(lines)
    tid = re.search(r"\btid=(\w+)", text)
    pattern = re.compile("|".join(one for one in (
        rf"(?P<time>{_TIME.pattern})", rf"(?P<tid>(?<=tid=){tid[1]}\b)" if tid else "",
        rf"(?P<account>{_ACCOUNT.pattern[:-1]}(?=@))", rf"(?P<id>{_IDS.pattern})",
    ) if one))  # fmt: skip
    parts, end = [], 0
    known: dict[str, str] = {}
    for found in pattern.finditer(text):
        kind = found.lastgroup or ""
        if kind == "time":
            kind = f"time{found[0][10]}{found[0][19]}"
        elif kind == "id":
            kind = known.setdefault(found[0], f"id:{len(found[0])}/{len(known)}")
        parts += [text[end : found.start()], kind]
        end = found.end()
    return Shape((*parts, text[end:]), cause)


def blocks(case: str, file: str, begins: str) -> list[list[str]]:
    """Return a fixture's lines in blocks that each begin with a line that `begins` matches."""
    found: list[list[str]] = []
    for line in (FIXTURES / case / file).read_text(encoding="utf-8").splitlines(keepends=True):
        if re.search(begins, line):
            found.append([])
        if found:
            found[-1].append(line)
    return found
