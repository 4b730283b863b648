"""Whatever a user names is found, read as far as it is whole, and what could not be read is said."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.errors import SourceError
from maillogdiag.sources import open_inputs
from maillogdiag.sources.interface import Source

LOG = b"".join(b"2026-11-02 09:15:%02d,332 INFO     Sending digest email\n" % number for number in range(40))
TEXTS = LOG.decode().splitlines()


def read(*paths: Path | str, stdin: io.BytesIO | None = None) -> dict[str, list[str]]:
    """Texts by the source's name."""
    return {source.name: [line.text for line in source.lines()] for source in sources(*paths, stdin=stdin)}


def sources(*paths: Path | str, stdin: io.BytesIO | None = None) -> list[Source]:
    return list(open_inputs([str(path) for path in paths], stdin=stdin))


def zstd(data: bytes) -> bytes:
    zstandard = pytest.importorskip("backports.zstd" if sys.version_info < (3, 14) else "compression.zstd")
    return bytes(zstandard.compress(data))


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip of several members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
    "UTF-16 as PowerShell writes it": lambda data: data.decode().encode("utf-16"),
    "UTF-8 with a mark": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "no last newline": lambda data: data.rstrip(b"\n"),
}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_packing_is_told_by_content(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", pack(LOG))

    assert {str(path): TEXTS} == read(path)


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_standard_input_may_be_packed_too(pack: Callable[[bytes], bytes]) -> None:
    assert {"-": TEXTS} == read("-", stdin=io.BytesIO(pack(LOG)))


def test_pipe_is_read_once_and_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(LOG,))
    writer.start()

    assert {str(pipe): TEXTS} == read(pipe)
    writer.join()


def test_rotated_logs_come_oldest_first_however_they_are_named(tmp_path: Path) -> None:
    names = ["m.log.10.gz", "m.log.9.xz", "m.log.2.gz", "m.log.1", "m.log"]
    for name in names:
        write(tmp_path / name, LOG)

    for named in ([tmp_path], [f"{tmp_path}/m.log*"], [tmp_path / name for name in sorted(names)]):
        assert [str(tmp_path / name) for name in names] == list(read(*named))


def test_rotated_logs_with_dates_come_before_the_current_one(tmp_path: Path) -> None:
    names = ["a-2026-10-30T03-04-05.123.log.gz", "a-2026-11-01T03-04-05.123.log", "a.log"]
    for name in names:
        write(tmp_path / name, LOG)

    assert [str(tmp_path / name) for name in names] == list(read(tmp_path))


def test_no_file_is_read_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", LOG)
    (tmp_path / "b.log").symlink_to(path)

    assert [str(path)] == list(read(path, tmp_path, tmp_path / "*.log"))


def test_folder_is_searched_by_content(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "er" / "anything", LOG)
    write(tmp_path / "core.dump", bytes(range(256)) * 40)
    write(tmp_path / "settings.yaml", b"password: secret\n")
    write(tmp_path / "config.json", b'{"EmailSettings": {"SMTPServer": "smtp.example.org"}}')
    write(tmp_path / "export.json", b'{"level":"error","msg":"x"}\n')
    write(tmp_path / ".env", b"PASSWORD=secret\n")

    found = sources(tmp_path)

    assert [str(tmp_path / "deep/er/anything"), str(tmp_path / "export.json"), str(tmp_path)] == [
        one.name for one in found
    ]
    assert found[-1].format == "3 files skipped that are no logs: config.json, core.dump, settings.yaml"


def support_packet(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("node1/mattermost.log", LOG)
        archive.writestr("node1/mattermost.log.1.gz", gzip.compress(LOG))
        archive.writestr("node1/cpu.prof", gzip.compress(bytes(range(256)) * 40))
        archive.writestr("sanitized_config.json", "{}")
    return path


def test_support_packet_gives_its_logs(tmp_path: Path) -> None:
    path = support_packet(tmp_path / "packet")

    found = sources(path)

    names = [f"{path}!node1/mattermost.log.1.gz", f"{path}!node1/mattermost.log", str(path)]
    assert names == [source.name for source in found]
    assert [TEXTS, TEXTS, []] == [[line.text for line in source.lines()] for source in found]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress, zstd])
def test_tar_gives_its_logs(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in ("logs/mail.log", "logs/mail.log.1"):
            info = tarfile.TarInfo(name)
            info.size = len(LOG)
            archive.addfile(info, io.BytesIO(LOG))
    path = write(tmp_path / "logs.bin", pack(data.getvalue()))

    assert {f"{path}!logs/mail.log.1": TEXTS, f"{path}!logs/mail.log": TEXTS} == read(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_cut_packed_log_is_read_up_to_the_break(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    noise = b"".join(os.urandom(30).hex().encode() + b"\n" for _ in range(9000))
    packed = pack(LOG + noise)
    [source] = sources(write(tmp_path / "a.log.gz", packed[: len(packed) // 2]))

    texts = [line.text for line in source.lines()]

    assert texts[: len(TEXTS)] == TEXTS[: len(texts)]
    assert len(source.problems) == 1
    assert "damaged" in source.problems[0]


def test_cut_gzip_loses_nothing_before_the_break(tmp_path: Path) -> None:
    noise = b"".join(os.urandom(30).hex().encode() + b"\n" for _ in range(9000))
    packed = gzip.compress(LOG + noise)
    [source] = sources(write(tmp_path / "a.log", packed[: len(packed) // 2]))

    size = sum(len(line.text) + 1 for line in source.lines())

    assert size > len(LOG + noise) * 0.45


def test_damaged_archives_do_not_stop_the_others(tmp_path: Path) -> None:
    packet = support_packet(tmp_path / "packet.zip").read_bytes()
    damaged = write(tmp_path / "damaged.zip", packet[: len(packet) // 2])
    whole = write(tmp_path / "z.log", LOG)

    *broken, last = sources(damaged, whole)

    assert TEXTS == [line.text for line in last.lines()]
    with pytest.raises(SourceError, match="damaged archive"):
        list(broken[-1].lines())


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("none", None, "No such file"), ("core", bytes(range(256)) * 40, "binary")],
)
def test_named_file_that_cannot_be_read_is_an_error(name: str, data: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    [source] = sources(path)

    with pytest.raises(SourceError, match=reason):
        list(source.lines())


def test_pattern_without_files_is_an_error(tmp_path: Path) -> None:
    [source] = sources(tmp_path / "*.log")

    with pytest.raises(SourceError, match="no file matches"):
        list(source.lines())


def test_folder_without_files_is_an_error(tmp_path: Path) -> None:
    [source] = sources(tmp_path)

    with pytest.raises(SourceError, match="no file that can be read"):
        list(source.lines())


def test_huge_fields_of_an_export_do_not_hide_the_next_entry(tmp_path: Path) -> None:
    size = 3 * 1024 * 1024
    core = b"COREDUMP\n" + size.to_bytes(8, "little") + b"\n" * size + b"\n"
    first = b"__CURSOR=a\n" + core + b"LONG=" + b"x" * size + b"\nMESSAGE=one\n\n"
    [source] = sources(write(tmp_path / "a.export", first + b"__CURSOR=b\nMESSAGE=two\n\n"))

    assert [(1, "one"), (2, "two")] == [(line.place.line, line.text) for line in source.lines()]
    assert source.format == "journalctl export"


def test_empty_file_has_no_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", b"")

    assert {str(path): []} == read(path)


def test_zero_bytes_of_a_crash_are_passed_over_and_told(tmp_path: Path) -> None:
    half = LOG.index(b"\n", len(LOG) // 2) + 1
    [source] = sources(write(tmp_path / "a.log", bytes(4096) + LOG[:half] + bytes(4096) + LOG[half:]))

    assert TEXTS == [line.text for line in source.lines()]
    assert source.problems == ["8,192 zero bytes stand in the file, as a crash leaves them"]


def test_bytes_that_are_no_utf8_lose_only_themselves(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", b"a M\xfcller b\n" + LOG)

    assert [["a M\ufffdller b", *TEXTS]] == list(read(path).values())


def test_endless_line_is_cut_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as file:
        file.write(b"first ")
        for _ in range(30):
            file.write(b"x" * 1024 * 1024)
        file.write(b" last\n" + LOG)
    [source] = sources(path)

    [long, *rest] = [line.text for line in source.lines()]

    assert (long[:6], long[-5:], rest) == ("first ", " last", TEXTS)
    assert len(long) < 1.1 * 1024 * 1024
    assert source.problems == ["1 lines of more than 1 MiB were cut to their first and last part"]


def test_parts_that_a_container_runtime_cut_are_put_together(tmp_path: Path) -> None:
    stamp = "2026-11-02T09:15:00.000000042Z stdout"
    path = write(tmp_path / "0.log", f"{stamp} P one, \n{stamp} P two, \n{stamp} F three\n{stamp} F next\n".encode())

    assert [["one, two, three", "next"]] == list(read(path).values())


def test_blob_data_is_told(tmp_path: Path) -> None:
    [source] = sources(write(tmp_path / "a.log", b"Nov 02 09:15:00 social bundle[811]: [104B blob data]\n"))

    list(source.lines())

    assert source.problems == ["1 journal entries show only as 'blob data': print them with journalctl --all"]


def test_lines_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    [source] = sources(
        write(tmp_path / "a.log", b"==> x <==\nNov 02 09:15:00 h p[1]: a\n\nNov 02 09:15:00 h p[1]: b\n")
    )

    assert [(2, "a"), (3, ""), (4, "b")] == [(line.place.line, line.text) for line in source.lines()]


def test_lines_of_a_pipe_arrive_as_they_are_written() -> None:
    tail = subprocess.Popen(["sh", "-c", "echo one line; exec sleep 30"], stdout=subprocess.PIPE)
    assert tail.stdout is not None
    try:
        [source] = open_inputs(["-"], stdin=tail.stdout)  # type: ignore[arg-type]
        assert next(source.lines()).text == "one line"
    finally:
        tail.kill()
        tail.wait()


def parts(data: bytes, cuts: Sequence[int]) -> bytes:
    for cut in cuts:
        data = data[: cut % (len(data) + 1)] + b"\xff\x00\x1b[" + data[cut % (len(data) + 1) :]
    return data


@given(
    st.binary(max_size=400)
    | st.lists(st.integers(0, 5000), max_size=4).map(lambda cuts: parts(gzip.compress(LOG), cuts))
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    [source] = open_inputs(["-"], stdin=io.BytesIO(data))

    with contextlib.suppress(SourceError):
        list(source.lines())


def test_a_file_that_was_rotated_meanwhile_is_not_taken_for_the_one_that_was_found(tmp_path: Path) -> None:
    log = tmp_path / "sidekiq.log"
    log.write_text("the mails of yesterday\n" * 10)
    (source,) = open_inputs([str(log)])
    log.rename(tmp_path / "sidekiq.log.1")
    log.write_text("the mails of today\n")

    with pytest.raises(SourceError, match="rotated"):
        list(source.lines())


def test_links_in_a_circle_are_named_and_the_other_logs_read(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "a.log").write_text("a line\n")
    circle, log = open_inputs([str(tmp_path / "loop"), str(tmp_path / "a.log")])

    assert ["a line"] == [line.text for line in log.lines()]
    with pytest.raises(SourceError, match="cannot be read"):
        list(circle.lines())


def test_a_closed_standard_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    (source,) = open_inputs(["-"])

    with pytest.raises(SourceError, match="closed"):
        list(source.lines())
