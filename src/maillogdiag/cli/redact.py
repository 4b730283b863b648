"""`maillogdiag redact`: take personal data out of a raw log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from maillogdiag.cli.options import RedactionMapOption
from maillogdiag.errors import SourceError


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise SourceError(f"cannot read {file}: {error.strerror}") from None


def redact(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A raw log; - is standard input.")],
    redaction_map: RedactionMapOption = None,
) -> None:
    """Write a log to standard output with addresses, names, tokens and secrets replaced."""
    from maillogdiag.redaction import RedactionMap, redact_lines

    replaced = RedactionMap()
    with _opened(file) as stream:
        lines = (line.decode("utf-8", errors="replace") for line in stream)
        for line in redact_lines(lines, replaced):
            sys.stdout.write(line)
    if redaction_map is not None:
        replaced.write(redaction_map)
