"""Damages and wraps recorded logs at test time, in ways that happen to real files; nothing of it is stored."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import subprocess
from pathlib import Path


def with_crlf(log: bytes) -> bytes:
    """A log that went through Windows."""
    return log.replace(b"\n", b"\r\n")


def without_final_newline(log: bytes) -> bytes:
    return log.rstrip(b"\n")


def with_bad_bytes(log: bytes) -> bytes:
    """Latin-1 and cut UTF-8 at the end of every third line."""
    lines = log.split(b"\n")
    lines[::3] = [line + b" M\xfcller \xe2\x82" for line in lines[::3]]
    return b"\n".join(lines)


def with_nul_hole(log: bytes, size: int = 4096) -> bytes:
    """A hole of NUL bytes between two lines, as a crash leaves it."""
    middle = log.index(b"\n", len(log) // 2) + 1
    return log[:middle] + bytes(size) + log[middle:]


def cut_gzip(log: bytes) -> bytes:
    """A gzip file whose end is missing."""
    packed = gzip.compress(log)
    return packed[: len(packed) * 2 // 3]


def write_rotated(log: bytes, folder: Path, name: str) -> None:
    """Write the log as logrotate leaves it: NAME, NAME.1, then packed with gzip, bzip2, xz and zstd, oldest last."""
    lines = log.splitlines(keepends=True)
    size = -(-len(lines) // 6)
    parts = [b"".join(lines[start : start + size]) for start in range(0, len(lines), size)][::-1]
    parts += [b""] * (6 - len(parts))
    (folder / name).write_bytes(parts[0])
    (folder / f"{name}.1").write_bytes(parts[1])
    (folder / f"{name}.2.gz").write_bytes(gzip.compress(parts[2]))
    (folder / f"{name}.3.bz2").write_bytes(bz2.compress(parts[3]))
    (folder / f"{name}.4.xz").write_bytes(lzma.compress(parts[4]))
    if shutil.which("zstd"):
        packed = subprocess.run(["zstd", "-c"], input=parts[5], capture_output=True, check=True)
        (folder / f"{name}.5.zst").write_bytes(packed.stdout)
    else:
        (folder / f"{name}.5").write_bytes(parts[5])
