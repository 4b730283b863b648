"""`maillogdiag redact`: take personal data out of a raw log."""

import sys
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from maillogdiag.cli.options import RedactionMapOption
from maillogdiag.cli.output import tell
from maillogdiag.errors import SourceError


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    from maillogdiag.sources.remote import shown_url

    try:
        return Path(file).open("rb")
    except OSError as error:
        raise SourceError(f"cannot read {shown_url(file)}: {error.strerror}") from None


def redact(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A raw log, packed or not; - is standard input.")],
    redaction_map: RedactionMapOption = None,
) -> None:
    """Write a log to standard output with addresses, names, tokens and secrets replaced."""
    from maillogdiag.redaction import RedactionMap, redact_stream
    from maillogdiag.sources.content import SNIFF_BYTES, is_binary, is_journal
    from maillogdiag.sources.packing import open_text

    replaced = RedactionMap()
    problems: list[str] = []
    with _opened(file) as raw, open_text(raw, problems) as stream:
        head = stream.peek(SNIFF_BYTES)[:SNIFF_BYTES]
        if is_journal(head):
            raise SourceError(f"{file} is a journal file: journalctl --file {file} -o export | maillogdiag redact -")
        if is_binary(head):
            raise SourceError(f"{file} is no text: unpack it, and redact its logs one by one")
        for line in redact_stream(cast(BinaryIO, stream), replaced):
            sys.stdout.buffer.write(line)
    for problem in problems:
        tell(f"{file}: {problem}")
    if redaction_map is not None:
        replaced.write(redaction_map)
