"""What a user of the command line sees: output, exit codes, errors."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from maillogdiag.cli.commands import app

ROOT = Path(__file__).parents[1]
FAILING = ROOT / "tests" / "fixtures" / "mastodon" / "auth-failed" / "sidekiq.log"
DECOYS = ROOT / "tests" / "fixtures" / "mastodon" / "decoys" / "sidekiq.log"


def run(*arguments: object, text: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "maillogdiag", *map(str, arguments)],
        input=text,
        capture_output=True,
        env={**os.environ, "TZ": "UTC", "COLUMNS": "80", **environment},
        check=False,
    )


def test_failures_exit_with_1_and_are_shown() -> None:
    done = run("scan", FAILING)

    assert 1 == done.returncode
    assert b"auth-failed" in done.stdout
    assert b"SMTP_PASSWORD" in done.stdout


def test_a_log_without_mail_says_so_and_exits_with_0() -> None:
    done = run("scan", "-", text=b"nothing here\n")

    assert 0 == done.returncode
    assert b"No mail activity was seen" in done.stdout


def test_failures_of_other_things_than_mail_are_not_reported() -> None:
    done = run("scan", "--format", "json", DECOYS)

    assert [] == json.loads(done.stdout)["findings"]


def test_an_unreadable_input_exits_with_2_and_the_others_are_diagnosed(tmp_path: Path) -> None:
    done = run("scan", "--format", "json", tmp_path / "missing.log", FAILING)

    assert 2 == done.returncode
    assert b"missing.log" in done.stderr
    assert ["auth-failed"] == [finding["cause"] for finding in json.loads(done.stdout)["findings"]]


def test_a_broken_gzip_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    packed = tmp_path / "sidekiq.log.gz"
    packed.write_bytes(gzip.compress(FAILING.read_bytes() * 20)[:-2000])

    done = run("scan", "--format", "json", packed)

    report = json.loads(done.stdout)
    assert report["summary"]["failed"] > 0
    assert "damaged" in report["coverage"][0]["problems"][0]


@pytest.mark.parametrize(
    "arguments", [["scan"], ["scan", "--nonsense"], ["rules", "show", "no.such"], ["journal", "--since", "whenever"]]
)
def test_wrong_use_exits_with_2_and_without_a_traceback(arguments: list[str]) -> None:
    done = run(*arguments)

    assert 2 == done.returncode
    assert b"Traceback" not in done.stderr


def test_explain_answers_one_object_a_line_in_order() -> None:
    texts = b"535 5.7.8 Error: authentication failed\n550 5.1.1 no such user\n"

    done = run("explain", "--format", "jsonl", "-", text=texts)

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["auth-failed", "recipient-rejected"] == [answer["cause"] for answer in answers]
    assert {"text", "cause", "rule", "smtp_code", "enhanced", "title", "fix"} == set(answers[0])


def test_fail_on_counts_only_findings_that_severe() -> None:
    assert 0 == run("scan", "--fail-on", "never", FAILING).returncode
    assert 1 == run("scan", "--fail-on", "high", FAILING).returncode


def test_quiet_says_one_line_of_failures_and_nothing_where_all_is_well() -> None:
    assert b"failing attempts=" in run("scan", "--quiet", FAILING).stdout
    assert 1 == run("scan", "--quiet", FAILING).stdout.count(b"\n")
    assert b"" == run("scan", "--quiet", DECOYS).stdout


def test_a_report_can_be_rendered_again_and_compared(tmp_path: Path) -> None:
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    run("scan", "--output", page, FAILING)
    run("scan", "--output", data, DECOYS)

    again = run("report", "--format", "json", page)
    compared = run("compare", page, data)

    assert ["auth-failed"] == [finding["cause"] for finding in json.loads(again.stdout)["findings"]]
    assert 0 == compared.returncode
    assert b"gone" in compared.stdout.lower()


def test_redact_takes_addresses_out_of_a_raw_log() -> None:
    done = run("redact", "-", text=b"Sent mail to ana@social.example.org (5.0ms)\n")

    assert b"Sent mail to " in done.stdout
    assert b"ana" not in done.stdout


def test_output_to_a_file_is_told_from_its_ending(tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    run("scan", "--output", page, FAILING)

    assert page.read_text().startswith("<!DOCTYPE html>")


def test_the_demo_shows_a_report_and_writes_a_page(tmp_path: Path) -> None:
    done = run("demo", "--output", tmp_path / "demo.html")

    assert 0 == done.returncode, done.stderr
    assert b"12 of 26 attempts failed" in done.stdout
    assert (tmp_path / "demo.html").stat().st_size > 10_000


def test_a_pipe_that_is_closed_early_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m maillogdiag scan {FAILING} | head -1", shell=True, capture_output=True, check=False
    )

    assert b"" == done.stderr


def test_every_command_and_option_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]

    for name, command in commands.items():
        assert f"maillogdiag {name}" in text
        for option in getattr(command, "params", []):
            for spelling in option.opts:
                assert not spelling.startswith("--") or spelling in {"--help", "--version"} or spelling in text


def test_the_readme_names_the_test_command_that_ci_runs() -> None:
    assert ".venv/bin/pytest" in (ROOT / "README.md").read_text().split("<!-- the test command -->")[1]


def test_a_named_pipe_loses_nothing(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    log = FAILING
    with subprocess.Popen(["cp", str(log), str(pipe)]):
        piped = run("scan", pipe, "--format", "json")

    whole = run("scan", log, "--format", "json")
    assert json.loads(whole.stdout)["summary"] == json.loads(piped.stdout)["summary"]
    assert json.loads(piped.stdout)["summary"]["failed"] > 0


def test_a_name_cannot_reach_the_terminal_as_a_command() -> None:
    assert b"\x1b" not in run("scan", "no\x1b[31mfile").stderr
