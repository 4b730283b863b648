"""Logs that are named by URL."""

from __future__ import annotations

import bz2
import sys
from pathlib import Path
from unittest.mock import patch

import fsspec
import pytest

from maillogdiag.errors import SourceError
from maillogdiag.sources import open_inputs
from maillogdiag.sources.interface import Source
from maillogdiag.sources.text import TextSource

LOG = b"2026-11-02T09:25:27.425Z pid=23 tid=1cr INFO: start\n"


def texts_of(url: str) -> dict[str, list[str]]:
    return {source.name: [line.text for line in source.lines()] for source in open_inputs([url])}


def why(source: Source) -> str:
    with pytest.raises(SourceError) as raised:
        list(source.lines())
    return str(raised.value)


@pytest.fixture(autouse=True)
def bucket() -> None:
    """A store in memory with a rotated log, and what is no log."""
    files = fsspec.filesystem("memory")
    files.pipe(
        {"/bucket/a.log": LOG, "/bucket/a.log.1": LOG * 2, "/bucket/key.pem": b"secret", "/bucket/b.zip": b"PK\x03\x04"}
    )


def test_a_url_is_read_as_a_file_is() -> None:
    text = LOG.decode().strip()

    assert texts_of("memory://bucket/a.log") == {"memory://bucket/a.log": [text]}
    [source] = open_inputs(["memory://bucket/a.log"])
    assert isinstance(source, TextSource)
    assert (source.size, source.is_divisible) == (len(LOG), True)


@pytest.mark.parametrize("url", ["memory://bucket/", "memory://bucket/*"])
def test_many_are_read_the_oldest_first_without_what_is_no_log(url: str) -> None:
    sources = list(open_inputs([url]))

    assert [source.name.rpartition("/")[2] for source in sources][:2] == ["a.log.1", "a.log"]
    assert "archive" in why(sources[2])
    assert "key.pem" in sources[3].format


def test_neither_password_nor_signature_is_shown() -> None:
    [source] = open_inputs(["nosuchprotocol://ada:geheim@host/a.log?signature=geheim"])

    assert source.name == "nosuchprotocol://host/a.log"
    assert "geheim" not in why(source)


def test_one_that_is_not_there_is_named() -> None:
    [source] = open_inputs(["memory://bucket/c.log"])

    assert why(source) == "does not exist, or cannot be reached"


def test_it_is_said_what_to_install() -> None:
    with patch.dict(sys.modules, {"fsspec": None, "fsspec.core": None}):
        [source] = open_inputs(["s3://bucket/a.log"])

    assert "pip install 'maillogdiag[cluster]'" in why(source)


def test_local_files_are_found_by_url(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG)

    assert len(texts_of((tmp_path / "a.log").as_uri())) == 1


class Leaky(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A store that answers with an error which names the URL as its package spells it."""

    protocol = "leaky"

    def info(self, path: str, **_: object) -> dict[str, object]:
        raise OSError(f"503, message='', url='leaky://ada:hunter2canary@host/{path}?token=canary/tok'")


@pytest.mark.parametrize(
    "url",
    ["leaky://ada:hunter2canary@host/a.log?token=canary%2Ftok", "leaky://x::https://ada:hunter2canary@host/a.log"],
)
def test_no_secret_of_a_url_is_shown(url: str) -> None:
    fsspec.register_implementation("leaky", Leaky, clobber=True)

    for source in open_inputs([url]):
        assert "canary" not in source.name + why(source)


def test_what_is_skipped_below_a_url_is_named_without_it() -> None:
    (skipped,) = [source for source in open_inputs(["memory://bucket/"]) if "skipped" in source.format]

    assert "1 file skipped that is no log: key.pem" == skipped.format


def test_a_log_is_known_below_a_url_however_it_is_packed() -> None:
    with fsspec.open("memory://packed/mail.log.1.bz2", "wb") as file:
        file.write(bz2.compress(b"".join(b"%d relay=smtp.example.org %x\n" % (n, n**9) for n in range(5_000))))

    [source] = open_inputs(["memory://packed/"])

    assert len(list(source.lines())) == 5_000
