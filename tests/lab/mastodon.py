"""Plays a case with Sidekiq and ActionMailer set up as Mastodon sets them up."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab.room import client_environment
from tests.lab.scenarios import Scenario

RECORDED = "Sidekiq 6.4.1, Rails 6.1.7 (ActiveJob, ActionMailer), mail 2.7.1, net-smtp 0.3.1, Ruby 3.1.2"
COMPOSED = "long ActiveJob backtraces shortened, paths moved to those of a Mastodon installed by its guide"
SECURITY = {
    "none": {"SMTP_ENABLE_STARTTLS": "never"},
    "starttls": {"SMTP_ENABLE_STARTTLS": "auto"},
    "starttls-always": {"SMTP_ENABLE_STARTTLS": "always"},
    "implicit": {"SMTP_TLS": "true", "SMTP_ENABLE_STARTTLS": "never"},
}
_MAILS = ("confirmation_instructions", "reset_password_instructions", "welcome")
_KEPT_FRAMES = 12
_WITH_WHOLE_TRACES = ("auth-failed", "connection-refused")
SKIPPED: frozenset[str] = frozenset()
_LIVE = Path("/home/mastodon/live")
_REDIS = "redis://127.0.0.1:6379/0"


def settings(scenario: Scenario) -> dict[str, str]:
    """Return the .env.production of the case."""
    login = {"SMTP_LOGIN": "mailer@example.org", "SMTP_PASSWORD": "example-password"} if scenario.has_login else {}
    return {
        "SMTP_SERVER": scenario.host,
        "SMTP_PORT": str(scenario.port),
        **SECURITY[scenario.security],
        **login,
    }


def play(scenario: Scenario, room: Path) -> dict[str, str]:
    """Send the case's mails through Sidekiq; return its log."""
    jobs = [f"mail {_MAILS[number % len(_MAILS)]}" for number in range(scenario.mails)]
    log = run_jobs(jobs, settings(scenario), room).sidekiq
    return {"sidekiq.log": log if scenario.name in _WITH_WHOLE_TRACES else shorten_traces(log)}


def shorten_traces(log: str) -> str:
    """Keep the first frames of ActiveJob's traces of a hundred: fixtures stay readable."""
    kept, frames = [], 0
    for line in log.splitlines(keepends=True):
        frames = frames + 1 if line.startswith("/") else 0
        if frames <= _KEPT_FRAMES:
            kept.append(line)
    return "".join(kept)


class Output:
    """What the two processes printed."""

    def __init__(self, sidekiq: str, web: str) -> None:
        self.sidekiq = sidekiq
        self.web = web


def run_jobs(
    jobs: Sequence[str],
    env: dict[str, str],
    room: Path,
    queues: Sequence[str] = ("default", "push", "mailers", "pull", "scheduler"),
    worked: Sequence[str] = ("mail", "deliver"),
    ends_per_job: int = 1,
) -> Output:
    """Enqueue one job after the other, each when the one before has ended."""
    _LIVE.mkdir(parents=True, exist_ok=True)
    for name in ("mastodon_app.rb", "mastodon_web.rb"):
        (_LIVE / name).write_bytes((Path(__file__).parent / name).read_bytes())
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "RAILS_ENV": "production",
        "REDIS_URL": _REDIS,
        **client_environment(room),
        **env,
    }
    log_path = room / "sidekiq.log"
    redis = subprocess.Popen(["redis-server", "--port", "6379", "--save", ""], stdout=subprocess.DEVNULL, cwd="/mnt")
    time.sleep(0.5)
    with log_path.open("wb") as log:
        worker = subprocess.Popen(
            ["sidekiq", "-c", "2", "-r", "./mastodon_app.rb", *(part for queue in queues for part in ("-q", queue))],
            cwd=_LIVE, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    web = subprocess.Popen(
        ["ruby", "mastodon_web.rb"],
        cwd=_LIVE, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    _wait_for(log_path, r"Running in ruby", 1)
    awaited = 0
    for job in jobs:
        web.stdin.write(f"{job}\n")
        web.stdin.flush()
        if job.startswith(tuple(worked)):
            awaited += ends_per_job
            _wait_for(log_path, r"INFO: (?:done|fail)$|\"msg\":\"(?:done|fail)\"", awaited)
    web_text, _ = web.communicate()
    worker.terminate()
    worker.wait(30)
    redis.terminate()
    redis.wait(10)
    return Output(log_path.read_text(errors="surrogateescape"), web_text)


def _wait_for(path: Path, pattern: str, count: int, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while len(re.findall(pattern, path.read_text(errors="replace"), re.MULTILINE)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path.name}: {pattern!r} was not seen {count} times:\n{path.read_text()[-2000:]}")
        time.sleep(0.05)
