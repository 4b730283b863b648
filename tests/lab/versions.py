"""Turns a log recorded from Sidekiq 6 and Rails 6.1 into what later versions write about the same events.

The exception texts stay the recorded ones; what changes is the wording and order around them, as read in the sources
of Sidekiq 7.3 and 8.0 and of Rails 7.1 and 8.0.
"""

from __future__ import annotations

import json
import re

_STAMP = r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) pid=(?P<pid>\d+) tid=(?P<tid>\w+)"
_OWN_LINE = re.compile(rf"^{_STAMP}(?P<context>(?: \w+=\S+)*) (?P<level>[A-Z]+): (?P<text>.*)$")
_FAILED = re.compile(
    r"(?P<tags>\[ActiveJob\] \[[\w:]+\] \[[-\w]+\] )Delivered mail (?P<mail>\S+) \([\d.]+ms\)\n"
    r"(?P<error>(?P=tags)Error performing .*?ms: (?P<class>[\w:]+) \((?P<message>[^\n]*(?:\n(?=\):))?)\):\n)"
)
_COLOURS = {"DEBUG": 32, "INFO": 34, "WARN": 33, "ERROR": 31, "FATAL": 35}


def as_sidekiq_7(log: str) -> str:
    """Mastodon 4.4: Rails 8.0 tells "Failed delivery", Sidekiq 7.3 has a new wrapper class and no jobstr."""
    # net-smtp 0.5 connects through TCPSocket again, which tells the name and not the address.
    log = re.sub(r"connect\(2\) for [\d.]+:(\d+)", r'connect(2) for "smtp.example.org" port \1', log)
    log = re.sub(r"Timeout to open TCP connection to \S+ \(exceeds \d+ seconds\)", "execution expired", log)
    log = _FAILED.sub(_failed_delivery, log)
    log = re.sub(r"(enqueued at \S+?)Z ", r"\1.482915307Z ", log)
    log = log.replace("ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper", "Sidekiq::ActiveJob::Wrapper")
    log = re.sub(
        r"Booting Sidekiq [\d.]+ with redis options", "Booting Sidekiq 7.3.9 with Sidekiq::Config options", log
    )
    return re.sub(r',"jobstr":"(?:[^"\\]|\\.)*"', "", log)


def as_sidekiq_8(log: str) -> str:
    """Mastodon 4.5: level first and always coloured, the failed job as one INFO line, no backtrace of its own."""
    log = as_sidekiq_7(log).replace("Sidekiq 7.3.9", "Sidekiq 8.0.9")
    written: list[str] = []
    job: dict[str, object] | None = None
    is_in_dump = False
    for line in log.splitlines():
        match = _OWN_LINE.match(line)
        if match is None:
            if not is_in_dump:
                written.append(re.sub(r"in `(.*)'$", r"in '\1'", line))
            continue
        text = match["text"]
        is_in_dump = match["level"] == "WARN"
        if not is_in_dump:
            written.append(_level_first(match, match["context"], text))
        elif text.startswith("{"):
            job = json.loads(text)["job"]
        elif job is not None:
            name, _, message = text.partition(": ")
            context = f" context=Job raised exception job={_ruby(job)}"
            written.append(_level_first(match, context, f"{message} ({name})", level="INFO"))
            if name.startswith("Net::SMTP"):
                written.append("")  # the reply's own line end
            job = None
    return "".join(f"{line}\n" for line in written)


def _failed_delivery(match: re.Match[str]) -> str:
    message = json.dumps(match["message"], ensure_ascii=False)
    told = f"Failed delivery of mail {match['mail']} error_class={match['class']} error_message={message}\n"
    return f"{match['tags']}{told}{match['error']}"


def _level_first(match: re.Match[str], context: str, text: str, level: str | None = None) -> str:
    level = level or match["level"]
    words = re.findall(r" (\w+)=(\S+)", context) if not context.startswith(" context=") else []
    if words:
        # jid comes before class since 8.0
        words.sort(key=lambda pair: ("jid", "class").index(pair[0]) if pair[0] in ("jid", "class") else 2)
        context = "".join(f" {key}={value}" for key, value in words)
    painted = f"\x1b[1;{_COLOURS[level]}m{level:<5}\x1b[0m"
    return f"{painted} {match['time']} pid={match['pid']} tid={match['tid']}{context}: {text}"


def _ruby(value: object) -> str:
    """Write a value as Ruby 3.4 inspects it."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_ruby(key)} => {_ruby(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_ruby, value)) + "]"
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
