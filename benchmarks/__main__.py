"""Makes the logs, runs the races, prints the table."""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import maillogdiag
from benchmarks.measure import race, ratio, stay_on_one_core, warm
from benchmarks.races import RACES, Race, what_is_wrong

_SIZE, _SMALL = 500_000_000, 1_000_000
_COLUMNS = ("log", "time", "rate", "peak memory", "compared with", "ratio", "goal", "met")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 where a report was wrong."""
    options = _options(arguments)
    stay_on_one_core()
    # As an installed package is; an editable one may be compiled anew in each run.
    compileall.compile_dir(maillogdiag.__path__[0], quiet=2)
    rows: list[tuple[str, ...]] = []
    wrong: list[str] = []
    skipped: set[str] = set()
    size = _SMALL if options.small else options.size
    for one in chain.from_iterable(RACES[name](options.folder, size) for name in options.races or RACES):
        skipped |= {peer for peer, command in one.peers.items() if not command.is_installed}
        found, problems = _measured(one, 1 if options.small else options.rounds)
        rows += found
        wrong += [f"{one.name}: {problem}" for problem in problems]
    print(_markdown(rows) if options.markdown else _plain(rows))
    print(f"\nOne core of {os.cpu_count()}, Python {platform.python_version()}, page cache warm.")
    if skipped:
        print(f"Not installed, and left out: {', '.join(sorted(skipped))}.")
    for problem in wrong:
        print(f"WRONG: {problem}", file=sys.stderr)
    return 1 if wrong else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="How fast maillogdiag is beside its peers."
    )
    parser.add_argument(
        "--small", action="store_true", help="logs of 1 MB, one round: only whether the counts are right"
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs (default 5)")
    parser.add_argument("--size", type=int, default=_SIZE, help="bytes of the logs (default 500,000,000)")
    parser.add_argument("races", nargs="*", metavar="RACE", help=f"only these of {', '.join(RACES)}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "maillogdiag-benchmarks"
    parser.add_argument("--folder", type=Path, default=cache, help="where the logs are made and kept")
    options = parser.parse_args(arguments)
    if unknown := set(options.races) - set(RACES):
        parser.error(f"no race is called {' or '.join(sorted(unknown))}")
    return options


def _measured(one: Race, rounds: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return a race's rows of the table, and what its reports had wrong."""
    peers = {name: command for name, command in one.peers.items() if command.is_installed}
    warm(one.files)
    own, others = race(one.ours, peers, rounds)
    seconds = statistics.median(run.seconds for run in own)
    size = sum(file.stat().st_size for file in one.files) / 1e6
    rate = f"{size / seconds:,.0f} MB/s" if one.files else ""
    peak = f"{max(run.peak_mb for run in own):.0f} MB"
    rows: list[tuple[str, ...]] = []
    for name, runs in others.items():
        found, bound = ratio(own, runs), one.bounds.get(name)
        met = "" if bound is None else "yes" if found <= bound else "no"
        first = not rows
        label = (one.name, f"{seconds:.2f} s", rate, peak) if first else ("", "", "", "")
        rows.append((*label, name, f"{found:.2f}", f"≤ {bound:g}" if bound is not None else "", met))
    return rows, [problem for run in own for problem in what_is_wrong(one, run)]


def _plain(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in (_COLUMNS, *rows)) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (_COLUMNS, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (_COLUMNS, ("--",) * len(_COLUMNS), *rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
