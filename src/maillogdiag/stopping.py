"""Ctrl-C, and a service manager's SIGTERM: reading ends, and what was read so far still makes a report."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self, TypeVar, cast

_Item = TypeVar("_Item")
_END = object()
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Stopped(KeyboardInterrupt):
    """Wakes a reader that waits for input."""


class Stop:
    """While entered, the first Ctrl-C or SIGTERM ends `until_stopped`; a second one ends the process as usual.

    A signal that comes while a line is diagnosed only takes effect behind it, so that no attempt is lost half-way;
    one that comes while input is waited for ends the waiting.

    Attributes:
        signal: what stopped it; None as long as nothing did.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._is_reading = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as a shell's background job has it
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._restore()

    @property
    def cause(self) -> str:
        """Who stopped it, in words; empty where nobody did."""
        return {None: "", signal.SIGINT: "you"}.get(self.signal, "the signal SIGTERM")

    def until_stopped(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yield `items`, to their end or until the process is told to stop."""
        iterator = iter(items)
        while True:
            try:
                self._is_reading = True
                item = _END if self.signal else next(iterator, _END)
                self._is_reading = False
            except _Stopped:
                return
            except BaseException:
                self._is_reading = False
                raise
            if item is _END:
                return
            yield cast(_Item, item)

    def _take(self, number: int, _: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        self._restore()
        if self._is_reading:
            raise _Stopped

    def _restore(self) -> None:
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)  # type: ignore[arg-type]


@contextmanager
def waiting(*signals: signal.Signals) -> Iterator[None]:
    """Meanwhile these signals wait; in threads and processes that begin meanwhile they wait for ever."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
