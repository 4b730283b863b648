"""Where a command's words go: the report to stdout or a file, everything else to stderr; and the exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maillogdiag.errors import ReportError

if TYPE_CHECKING:
    from maillogdiag.cli.options import FailOn, ReportOptions
    from maillogdiag.reports.model import Report
    from maillogdiag.reports.render import Format

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_FAILED = 2
# Plus the signal's number, as a shell counts: 130 for Ctrl-C.
EXIT_SIGNALLED = 128

_MOST_LEAKS_NAMED = 5


def complain(message: str) -> None:
    """Write an error to stderr."""
    sys.stderr.write(f"maillogdiag: error: {_harmless(message)}\n")


def tell(message: str) -> None:
    """Write a remark to stderr."""
    sys.stderr.write(f"maillogdiag: {_harmless(message)}\n")


def _harmless(message: str) -> str:
    """A file's name may hold what a terminal acts upon."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in message)


def deliver(report: Report, options: ReportOptions) -> None:
    """Render the report and write it where the options say.

    What leaves the terminal is redacted unless the user says otherwise; passwords and tokens never appear.

    Raises:
        UsageError: a format that cannot be told from the file's ending.
        ReportError: the file cannot be written, or a value would leak.
    """
    from maillogdiag.redaction import remove_secrets
    from maillogdiag.reports.render import Format, render

    chosen = _format(options)
    leaves = options.output is not None or chosen is not Format.TERMINAL
    is_redacted = leaves if options.redact is None else options.redact
    color = wants_color(options)
    if is_redacted:
        text = _render_redacted(report, chosen, options, color)
    else:
        text = render(remove_secrets(report), chosen, color=color)
    _write(text, options.output)
    if options.output is not None and str(options.output) != "-" and not options.quiet:
        tell(f"report written to {options.output}")


def _render_redacted(report: Report, chosen: Format, options: ReportOptions, color: bool) -> str:
    """Render without personal data; what was rendered is searched once more for every value that was replaced."""
    from maillogdiag.redaction import find_leaks, redact
    from maillogdiag.reports.render import render

    report, replaced = redact(report)
    text = render(report, chosen, color=color)
    if leaks := find_leaks(text, replaced):
        more = f" and {len(leaks) - _MOST_LEAKS_NAMED} more" if len(leaks) > _MOST_LEAKS_NAMED else ""
        raise ReportError(
            "not written, since it would have shown what should be replaced: "
            f"{', '.join(map(str, leaks[:_MOST_LEAKS_NAMED]))}{more}. This is a bug of maillogdiag; please report it"
        )
    if options.redaction_map is not None:
        replaced.write(options.redaction_map)
    return text


def exit_code(report: Report, has_unreadable_source: bool = False, fail_on: FailOn | None = None) -> int:
    """Return the documented exit code of a command that made `report`.

    Args:
        fail_on: how severe a finding that is not over must be to count; any finding counts where None.
    """
    if has_unreadable_source:
        return EXIT_FAILED
    if fail_on is None:
        return EXIT_FINDINGS if report.findings else EXIT_OK
    wanted = _SEVERE_ENOUGH[fail_on]
    counts = any(finding.severity in wanted and finding.recovered is None for finding in report.findings)
    return EXIT_FINDINGS if counts else EXIT_OK


_SEVERE_ENOUGH = {
    "low": ("low", "medium", "high"),
    "medium": ("medium", "high"),
    "high": ("high",),
    "never": (),
}


def _format(options: ReportOptions) -> Format:
    from maillogdiag.reports.render import Format, format_of

    if options.format is not None:
        return Format(options.format)
    if options.output is None or str(options.output) == "-":
        return Format.TERMINAL
    return format_of(options.output)


def wants_color(options: ReportOptions) -> bool:
    """Whether what is shown on the terminal is coloured."""
    if options.color != "auto":
        return options.color == "always"
    no_color = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and options.output is None and not no_color


def _write(text: str, output: Path | None) -> None:
    if output is None or str(output) == "-":
        sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
        sys.stdout.flush()
        return
    try:
        _replace(output.resolve(), text.encode("utf-8", errors="replace"))
    except OSError as error:
        raise ReportError(f"cannot write {output}: {error.strerror}; choose another --output") from None


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: what was there before stays where the writing ends early."""
    if path.exists() and not path.is_file():  # a pipe or /dev/null
        path.write_bytes(data)
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("xb") as file:
        try:
            if path.exists():
                unfinished.chmod(path.stat().st_mode & 0o777)
            file.write(data)
            file.flush()
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
