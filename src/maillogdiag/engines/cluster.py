"""Reads on a Dask cluster: the same tasks as in `processes`, done by workers on any number of machines.

Paths and URLs are looked up and opened by the workers. A worker that dies costs that its tasks are done again by
another one; Dask sees to that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from maillogdiag import __version__
from maillogdiag.engines.children import deaf_to_ctrl_c
from maillogdiag.engines.parts import Reading, Task, read
from maillogdiag.engines.spreading import Await, run_spread
from maillogdiag.errors import SourceError, UsageError
from maillogdiag.pipeline import Scan
from maillogdiag.sources import open_inputs
from maillogdiag.sources.interface import Source

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_S = 10
_AHEAD_PER_WORKER = 2
_Result = TypeVar("_Result")
_NEEDED = "Dask is needed for this: pip install 'maillogdiag[cluster]'"


class Cluster:
    """A Dask cluster, as `spreading.Workers`; to be used in a `with` statement.

    Args:
        address: the scheduler's, as Dask writes it ("tcp://host:8786"); None for a cluster on this machine.
        jobs: how many processes a cluster on this machine has.

    Raises:
        UsageError: Dask is not installed, the scheduler cannot be reached, or its workers would read otherwise.
    """

    def __init__(self, address: str | None, jobs: int) -> None:
        self._closing = ExitStack()
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise UsageError(_NEEDED) from None
        # What befalls its workers is told once, by what becomes of their tasks.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        where: Any = address
        if address is None:
            with deaf_to_ctrl_c():  # a cluster that is half begun cannot be ended
                where = LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
                self._closing.enter_context(where)
        try:
            self._client: Client = self._closing.enter_context(Client(where, timeout=_CONNECT_S, set_as_default=False))
        except (OSError, ValueError) as error:
            self._closing.close()
            raise UsageError(f"cannot reach the Dask scheduler at {address}: {error or 'no answer'}") from None

    def __enter__(self) -> Cluster:
        """Look whether the workers read as this process would."""
        try:
            self._check_workers()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def ahead(self) -> int:
        """Twice as many tasks as there are workers now."""
        return max(1, len(self._client.nthreads())) * _AHEAD_PER_WORKER

    def sources(self, paths: Sequence[str]) -> list[Source]:
        """Return what `open_inputs` finds where the workers are; standard input is this process's."""
        named = [path for path in paths if path != "-"]
        found = list(open_inputs(["-"])) if "-" in paths else []
        if not named:
            return found
        return [*found, *self._outcome(self._client.submit(_look_up, named, pure=False))]

    def can_read(self, source: Source) -> bool:
        """All but standard input is read by the workers."""
        return source.name != "-"

    def submit(self, task: Task) -> Await:
        """Give out a task."""
        return partial(self._reading, self._client.submit(_read, task, pure=False))

    def _reading(self, future: Future[Reading]) -> Reading:
        try:
            return self._outcome(future)
        except SourceError as error:
            return Reading(error=str(error))

    def _outcome(self, future: Future[_Result]) -> _Result:
        from distributed import CancelledError, KilledWorker

        try:
            return future.result()
        except KilledWorker:
            raise SourceError("cannot be read: each worker that tried died; they may be short of memory") from None
        except CancelledError:
            raise UsageError("the Dask scheduler is gone") from None

    def _check_workers(self) -> None:
        try:
            known = set(self._client.run(_way_of_reading).values())
        except ImportError:
            raise UsageError("the Dask workers do not have maillogdiag: install it in their environment, too") from None
        if not known:
            raise UsageError("the Dask scheduler has no workers")
        for version, zone in known - {_way_of_reading()}:
            what = f"maillogdiag {version}" if version != __version__ else f"the time zone {'/'.join(zone)}"
            raise UsageError(f"the Dask workers have {what}, this process has {__version__}, {'/'.join(time.tzname)}")


def run_on_cluster(scan: Scan, sources: Iterable[Source], cluster: Cluster) -> None:
    """Do what `scan.run(sources)` does, on a cluster.

    Args:
        scan: with the grammars that `load_grammars(scan.app)` returns.
    """
    run_spread(scan, sources, cluster)


# Python lets no two threads of a worker compute at once; and what searches for words serves one at a time.
_one_at_a_time = Lock()


def _read(task: Task) -> Reading:
    with _one_at_a_time:
        return read(task)


def _look_up(paths: Sequence[str]) -> list[Source]:
    return list(open_inputs(paths))


def _way_of_reading() -> tuple[str, tuple[str, str]]:
    """What readers must have in common: the version, and the zone of times that tell none."""
    return __version__, time.tzname
