"""Mastodon cases beyond one failure after another: decoys, other log formats, a stalled queue, a story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.lab import mastodon
from tests.lab.case import Case, Expected, write_case
from tests.lab.dialogue import POLITE, Dialogue
from tests.lab.mastodon import COMPOSED, RECORDED, run_jobs, settings, shorten_traces
from tests.lab.relayed import relayed_cases
from tests.lab.room import SMTP_ADDRESS, block_port
from tests.lab.scenarios import GMAIL_535, SCENARIOS
from tests.lab.server import Server
from tests.lab.stretch import stretch_times

_REFUSED = "deliver http://remote.example.net:8080/inbox"
_UNTRUSTED = "deliver https://remote.example.net/inbox"
_SLOW = "deliver http://slow.example.net:8080/inbox"
_STORY_FACTOR = 1800
_MAIL = "mail confirmation_instructions"
_RESET = "mail reset_password_instructions"
_WELCOME = "mail welcome"
_BAD_LOGIN = Dialogue({"AUTH": "535 5.7.8 Error: authentication failed: authentication failure"})


def _write(name: str, expect: Sequence[Expected], files: dict[str, str], note: str = "") -> None:
    write_case(Case("mastodon", name, RECORDED, "; ".join(filter(None, (COMPOSED, note))), expect), files)


def _decoys(room: Path) -> None:
    """Federation fails in every way that mail can, mail works."""
    Server((SMTP_ADDRESS, 587), [POLITE], room)
    Server(("192.0.2.80", 443), [Dialogue(tls="implicit", certificate="expired")], room)
    held = block_port(8080)
    jobs = [_MAIL, _REFUSED, _UNTRUSTED, _SLOW, _RESET, _REFUSED, _WELCOME]
    output = run_jobs(jobs, settings(SCENARIOS["success"]), room)
    for listener in held:
        listener.close()
    _write("decoys", [], {"sidekiq.log": output.sidekiq})


def _json_formatter(room: Path) -> None:
    """Write Sidekiq's own lines as JSON, as Docker images often do."""
    scenario = SCENARIOS["auth-failed-gmail"]
    Server((SMTP_ADDRESS, 587), [POLITE, Dialogue({"AUTH": GMAIL_535})], room)
    output = run_jobs([_MAIL, _RESET, _REFUSED, _WELCOME], settings(scenario) | {"LAB_LOG_JSON": "1"}, room)
    _write("json-formatter", [Expected("auth-failed", 2)], {"sidekiq.log": shorten_traces(output.sidekiq)})


def _logger_prefix(room: Path) -> None:
    """Let Rails' own lines begin with Ruby's Logger prefix (E, [time #pid] ERROR -- : )."""
    Server((SMTP_ADDRESS, 587), [POLITE, _BAD_LOGIN], room)
    environment = settings(SCENARIOS["auth-failed"]) | {"LAB_LOG_PREFIX": "1"}
    output = run_jobs([_MAIL, _RESET, _WELCOME], environment, room)
    _write("logger-prefix", [Expected("auth-failed", 2)], {"sidekiq.log": shorten_traces(output.sidekiq)})


def _queue_stalled(room: Path) -> None:
    """Let nobody work the mailers queue: the web process enqueues, Sidekiq works all else."""
    jobs = [_REFUSED, _MAIL, _MAIL, _RESET, _MAIL, _WELCOME]
    output = run_jobs(
        jobs, settings(SCENARIOS["success"]), room, queues=("default", "push", "pull"), worked=("deliver",)
    )
    _write("queue-stalled", [Expected("queue-stalled", 5)], {"web.log": output.web, "sidekiq.log": output.sidekiq})


def _wrong_setting(name: str, setting: dict[str, str]) -> Callable[[Path], None]:
    """Make a case in which one setting of Mastodon is left empty."""

    def play(room: Path) -> None:
        Server((SMTP_ADDRESS, 587), [POLITE], room)
        output = run_jobs([_MAIL, _RESET], settings(SCENARIOS["success"]) | setting, room)
        _write(name, [Expected("app-misconfigured", 2)], {"sidekiq.log": shorten_traces(output.sidekiq)})

    return play


def _retries(room: Path) -> None:
    """Fail with one cause, then with another on the retry: the job dump still tells the first one."""
    greylisting = Dialogue({"RCPT": "450 4.2.0 <ada@remote.example.net>: Recipient address rejected: Greylisted"})
    Server((SMTP_ADDRESS, 587), [_BAD_LOGIN, greylisting, POLITE], room)
    environment = settings(SCENARIOS["auth-failed"]) | {"LAB_FAST_RETRIES": "1"}
    output = run_jobs([_MAIL], environment, room, ends_per_job=3)
    expect = [Expected("auth-failed", 1), Expected("greylisted", 1)]
    _write("retries", expect, {"sidekiq.log": shorten_traces(output.sidekiq)}, "retries come after 1 s instead of 15 s")


def _story(room: Path) -> None:
    """Mail works, the password is changed, some mails are lost, the password is mended, retries go through."""
    good, mute = [POLITE] * 14, [replace(POLITE, answers={"banner": "421 4.3.2 Service not available"})] * 2
    Server((SMTP_ADDRESS, 587), [*good, *[_BAD_LOGIN] * 12, *mute, POLITE], room)
    Server(("192.0.2.80", 443), [Dialogue(tls="implicit", certificate="self-signed")], room)
    day = [_MAIL, _WELCOME, _REFUSED, _RESET, _MAIL, _UNTRUSTED, _WELCOME]
    environment = settings(SCENARIOS["auth-failed"]) | {"LAB_REDIS_CHATTER": "1"}
    output = run_jobs(day * 8, environment, room)
    expect = [Expected("auth-failed", 12), Expected("temporary-server-failure", 2)]
    files = {"sidekiq.log": shorten_traces(output.sidekiq), "web.log": output.web}
    _write("story", expect, stretch_times(files, _STORY_FACTOR), "times spread over hours")


SPECIALS = {
    "decoys": _decoys,
    "json-formatter": _json_formatter,
    "logger-prefix": _logger_prefix,
    "queue-stalled": _queue_stalled,
    "blank-sender": _wrong_setting("blank-sender", {"SMTP_FROM_ADDRESS": ""}),
    "missing-password": _wrong_setting("missing-password", {"SMTP_PASSWORD": ""}),
    "retries": _retries,
    "story": _story,
    **relayed_cases(mastodon),
}
