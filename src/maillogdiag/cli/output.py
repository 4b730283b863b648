"""Where a command's words go: the report to stdout or a file, everything else to stderr; and the exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maillogdiag.errors import ReportError, UsageError

if TYPE_CHECKING:
    from maillogdiag.cli.options import ReportOptions
    from maillogdiag.reports.model import Report
    from maillogdiag.reports.render import Format

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_FAILED = 2
EXIT_INTERRUPTED = 130


def complain(message: str) -> None:
    """Write an error to stderr."""
    sys.stderr.write(f"maillogdiag: error: {message}\n")


def tell(message: str) -> None:
    """Write a remark to stderr."""
    sys.stderr.write(f"maillogdiag: {message}\n")


def deliver(report: Report, options: ReportOptions) -> None:
    """Render the report and write it where the options say.

    What leaves the terminal is redacted unless the user says otherwise. What was rendered is searched once more
    for every value that redaction replaced: nothing is written where one is found.

    Raises:
        UsageError: a format that is not known.
        ReportError: the file cannot be written, or a value would leak.
    """
    from maillogdiag.redaction import find_leaks, redact
    from maillogdiag.reports.render import Format, render

    chosen = _format(options)
    leaves = options.output is not None or chosen is not Format.TERMINAL
    is_redacted = leaves if options.redact is None else options.redact
    redaction_map = None
    if is_redacted:
        report, redaction_map = redact(report)
    width, color = _terminal(options, chosen)
    text = render(report, chosen, width=width, color=color)
    if redaction_map is not None:
        if leaks := find_leaks(text, redaction_map):
            raise ReportError(
                f"not written, since it would have shown {len(leaks)} personal value(s) that should be replaced: "
                f"{', '.join(sorted(leaks)[:5])}"
            )
        if options.redaction_map is not None:
            redaction_map.write(options.redaction_map)
    _write(text, options.output)


def exit_code(report: Report, has_unreadable_source: bool) -> int:
    """Return the documented exit code of a command that made `report`."""
    if has_unreadable_source:
        return EXIT_FAILED
    return EXIT_FINDINGS if report.findings else EXIT_OK


def _format(options: ReportOptions) -> Format:
    from maillogdiag.reports.render import Format

    if options.format is not None:
        return Format(options.format)
    endings = {".html": Format.HTML, ".htm": Format.HTML, ".md": Format.MARKDOWN, ".json": Format.JSON}
    if options.output is None or str(options.output) == "-":
        return Format.TERMINAL
    if (ending := options.output.suffix.lower()) not in endings:
        raise UsageError(
            f"cannot tell the format from {options.output.name!r}; end it in .html, .md or .json, or add --format"
        )
    return endings[ending]


def _terminal(options: ReportOptions, chosen: Format) -> tuple[int | None, bool]:
    is_terminal = sys.stdout.isatty() and options.output is None
    wished = {"always": True, "never": False}.get(options.color or "")
    no_color = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return None, (is_terminal and not no_color) if wished is None else wished


def _write(text: str, output: Path | None) -> None:
    if output is None or str(output) == "-":
        sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
        sys.stdout.flush()
        return
    try:
        output.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise ReportError(f"cannot write {output}: {error.strerror}; choose another --output") from None
    tell(f"report written to {output}")
