"""INI files: Zulip's zulip-secrets.conf."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator

from maillogdiag.errors import SourceError
from maillogdiag.expressions import expression
from maillogdiag.settings.model import Raw

# configparser takes quadratic time for a long line of blanks.
_MOST_CHARACTERS, _LONGEST_LINE = 64 * 1024, 1_000
_KEY = expression(r"[=:]")


def is_ini_file(text: str) -> bool:
    """Whether `text` begins, comments aside, with a section's name."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and line[0] not in "#;"), "")
    return bool(re.fullmatch(r"\[[\w -]+\]", first))


def read_ini_file(text: str) -> Iterator[Raw]:
    """Yield the options of all sections, keys in lower case.

    Raises:
        SourceError: this is no INI file.
    """
    if len(text) > _MOST_CHARACTERS or any(len(line) > _LONGEST_LINE for line in text.splitlines()):
        raise SourceError("is too large for Zulip's zulip-secrets.conf; name that file")
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        problem = str(error).splitlines()[0] if isinstance(error, configparser.MissingSectionHeaderError) else ""
        raise SourceError(f"is no valid INI file{': ' + problem if problem else ''}; mend the file first") from None
    # configparser does not tell the lines; of a key that stands twice the last one counts.
    lines = {_KEY.split(line, 1)[0].strip().lower(): number for number, line in enumerate(text.splitlines(), 1)}
    for section in parser.sections():
        for key, value in parser.items(section):
            yield Raw(key, value, lines.get(key, 1))
