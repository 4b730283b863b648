"""The path of one mail: what ids prove, what recipient and time suggest, and where the trail ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
REFUSED = FIXTURES / "mastodon" / "relayed-recipient-unknown"
ZULIP = FIXTURES / "zulip" / "relayed-recipient-unknown"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maillogdiag", "trace", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "TZ": "UTC"},
        check=False,
    )


def traced(*arguments: str | Path) -> list[dict[str, object]]:
    done = run(*arguments, "--format", "json", "--no-redact")
    assert not done.stderr, done.stderr
    messages: list[dict[str, object]] = json.loads(done.stdout)["messages"]
    return messages


@pytest.mark.parametrize(
    "query",
    [
        "C316833",
        "<6b018c37c20a2_9a758404fb@social.mail>",
        "6b018c37c20a2_9a758404fb@social.mail",
        "d25c15ed-1939-44e5-9a0e-b7370a465761",
    ],
    ids=["queue id", "Message-ID in brackets", "Message-ID", "job id"],
)
def test_every_id_of_a_mail_leads_to_its_whole_path(query: str) -> None:
    (mail,) = traced(query, REFUSED)

    assert [("mastodon", "accepted"), ("postfix", "failed")] == [
        (stage["app"], stage["event"]) for stage in mail["stages"] if stage["event"] in ("accepted", "failed")
    ]
    assert {"proven"} == {stage["certainty"] for stage in mail["stages"]}
    assert "failed" == mail["outcome"]
    assert "nobody will try again" in mail["end"]


def test_an_application_without_ids_is_tied_by_recipient_and_time_and_marked_so() -> None:
    sent = [
        {(stage["app"], stage["certainty"]) for stage in mail["stages"]}
        for mail in traced("ada@remote.example.net", ZULIP)
    ]

    assert 3 * [{("zulip", "proven"), ("postfix", "inferred")}] == sent


def test_a_recipient_may_have_several_mails() -> None:
    assert {"accepted", "failed"} == {mail["outcome"] for mail in traced("ADA@remote.example.net", REFUSED)}


def test_where_the_trail_ends_the_next_log_is_named() -> None:
    (mail,) = traced("d25c15ed-1939-44e5-9a0e-b7370a465761", REFUSED / "sidekiq.log")

    assert "/var/log/mail.log" in mail["end"]


@pytest.mark.parametrize(
    ("query", "code"), [("C316833", 1), ("B3D5D31", 0), ("nobody@example.org", 2)], ids=["failed", "sent", "unknown"]
)
def test_the_exit_code_is_the_outcome(query: str, code: int) -> None:
    done = run(query, REFUSED)

    assert code == done.returncode
    assert (code == 2) == ("Searched: " in done.stderr)


def test_addresses_are_replaced_where_asked_for() -> None:
    text = run("ada@remote.example.net", REFUSED, "--redact").stdout

    assert "status=bounced" in text
    assert "ada@remote" not in text
    assert "remote.example.net" not in text


def test_paths_and_units_at_once_are_a_usage_error() -> None:
    done = run("C316833", REFUSED, "--unit", "postfix")

    assert (2, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr
