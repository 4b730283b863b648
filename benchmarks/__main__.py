"""Makes the logs, runs the races, prints the table."""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import maillogdiag
from benchmarks.measure import Run, ratio, run, stay_on, warm
from benchmarks.races import MOST_GROWTH, RACES, Race

_SIZE, _SMALL = 500_000_000, 1_000_000
_COLUMNS = ("log", "time", "rate", "measured", "value", "goal", "met")
_Row = tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 where an answer was wrong."""
    options = _options(arguments)
    # As an installed package is; an editable one may be compiled anew in each run.
    compileall.compile_dir(maillogdiag.__path__[0], quiet=2)
    rows: list[_Row] = []
    wrong: list[str] = []
    left_out: dict[str, None] = {}
    size, rounds = (_SMALL, 1) if options.small else (options.size, options.rounds)
    for name in options.races or RACES:
        try:
            for one in RACES[name](options.folder, size):
                if not stay_on(one.cores) or not one.ours.is_installed:
                    left_out[one.name] = None
                    continue
                peers = {peer: other for peer, other in one.peers.items() if other.command.is_installed}
                left_out |= dict.fromkeys(f"{peer} ({one.name})" for peer in one.peers if peer not in peers)
                found, problems = _measured(replace(one, peers=peers), rounds)
                rows += found
                wrong += problems
        except FileNotFoundError as error:
            left_out[f"{name}, which needs {error.filename}"] = None
    print(_markdown(rows) if options.markdown else _plain(rows))
    print(f"\nOne core of {os.cpu_count()} if not said otherwise, Python {platform.python_version()}, page cache warm.")
    if left_out:
        print(f"Left out, since a program or a core is missing: {'; '.join(left_out)}.")
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


def _measured(one: Race, rounds: int) -> tuple[list[_Row], list[str]]:
    """Return a race's rows of the table, and what was wrong with the answers."""
    warm(one.files)
    tenth = run(*one.tenth) if one.tenth else None
    own: list[Run] = []
    others: dict[str, list[Run]] = {name: [] for name in one.peers}
    for _ in range(rounds):
        own.append(run(one.ours, one.check, one.cores))
        for name, peer in one.peers.items():
            others[name].append(run(peer.command, peer.check, one.cores))
    seconds = statistics.median(mine.seconds for mine in own)
    size = sum(file.stat().st_size for file in one.files) / 1e6
    rows = list(_results(one, own, others, tenth))
    labels: list[_Row] = [(one.name, f"{seconds:.2f} s", f"{size / seconds:,.0f} MB/s" if one.files else "")]
    problems = [f"{one.name}: {problem}" for mine in own for problem in mine.problems]
    problems += [f"{one.name}: a tenth of it: {problem}" for problem in (tenth.problems if tenth else ())]
    problems += [f"{one.name}: {name}: {it}" for name, runs in others.items() for its in runs for it in its.problems]
    labels += [("", "", "")] * (len(rows) - 1)
    return [(*label, *row) for label, row in zip(labels, rows, strict=True)], list(dict.fromkeys(problems))


def _results(one: Race, own: Sequence[Run], others: dict[str, list[Run]], tenth: Run | None) -> Iterator[_Row]:
    """Yield what was measured: what it is, the value, its goal, and whether it was met."""
    for name, peer in one.peers.items():
        if peer.at_least is not None:
            yield _result(f"{name} / ours", ratio(others[name], own), at_least=peer.at_least)
        else:
            yield _result(f"ours / {name}", ratio(own, others[name]), at_most=peer.at_most)
    peak_mb = max(mine.peak_mb for mine in own)
    yield _result("peak memory, MB", peak_mb, at_most=one.most_mb)
    if tenth:
        yield _result("memory / that for a tenth", peak_mb / tenth.peak_mb, at_most=MOST_GROWTH)


def _result(name: str, value: float, *, at_most: float | None = None, at_least: float | None = None) -> _Row:
    if at_least is not None:
        return name, f"{value:.3g}", f"≥ {at_least:g}", "yes" if value >= at_least else "no"
    if at_most is not None:
        return name, f"{value:.3g}", f"≤ {at_most:g}", "yes" if value <= at_most else "no"
    return name, f"{value:.3g}", "", ""


def _plain(rows: Sequence[_Row]) -> str:
    widths = [max(len(row[column]) for row in (_COLUMNS, *rows)) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (_COLUMNS, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def _markdown(rows: Sequence[_Row]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (_COLUMNS, ("--",) * len(_COLUMNS), *rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
