"""Pipes that are read as they are written to."""

from __future__ import annotations

import io
import os
import select

from maillogdiag.sources.interface import Idle

# What writes to a pipe has to start first: as long as that there is no saying that there is nothing.
_FIRST_S = 2.0


class FollowedPipe(io.RawIOBase):
    """A pipe, until it is closed.

    Args:
        descriptor: to read from.
        idle: called while there is nothing to read; the pipe ends where it returns False.
    """

    def __init__(self, descriptor: int, idle: Idle) -> None:
        self._descriptor = descriptor
        self._idle = idle
        self._patience_s = _FIRST_S

    def readable(self) -> bool:
        """Say that it is to be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what there is; wait where there is nothing."""
        while not select.select([self._descriptor], [], [], self._patience_s)[0]:
            self._patience_s = 0.0
            if not self._idle():
                return 0
        self._patience_s = 0.0
        part = os.read(self._descriptor, len(buffer))
        buffer[: len(part)] = part
        return len(part)
