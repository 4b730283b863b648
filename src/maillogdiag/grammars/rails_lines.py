"""The heads of Ruby's log lines: Sidekiq's formatters since version 3, Ruby's own Logger, Rails' tags.

What stands before the message differs by version; readers of the message need not know which it was. Sidekiq 8 puts
the level first and a whole Ruby hash into the head of its exception line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

import pyparsing as pp

from maillogdiag.expressions import expression
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.times import aware

MOST_CHARACTERS = 8 * 1024
"""Text behind this is not read: backtraces and job arguments run on for long, the error stands in front."""

_MOST_CHARACTERS_BEFORE = 300


class RubyLine(NamedTuple):
    """A log entry's head, read, and its message.

    Args:
        message: what follows the head.
        time: the application's own timestamp, aware.
        has_zone: whether that timestamp named its zone.
        level: "INFO", "WARN" …
        pid: process id as Sidekiq writes it; not the journal's where a wrapper is in between.
        tid: Sidekiq's thread id; None where the line is not Sidekiq's.
        context: Sidekiq's context, such as "class", "jid", "elapsed".
        job: text of the job hash that Sidekiq 8 and the JSON formatter have in the context of an exception.
        tags: Rails' tags: "ActiveJob", job class, job id, request id.
    """

    message: str
    time: datetime | None = None
    has_zone: bool = False
    level: str | None = None
    pid: str | None = None
    tid: str | None = None
    context: Mapping[str, str] = MappingProxyType({})
    job: str = ""
    tags: tuple[str, ...] = ()

    @property
    def job_tag(self) -> str | None:
        """The ActiveJob id among the tags: `[ActiveJob] [Class] [id]`."""
        if "ActiveJob" not in self.tags:
            return None
        behind = self.tags[self.tags.index("ActiveJob") + 1 :]
        return behind[1] if len(behind) > 1 else None

    @property
    def request_tag(self) -> str | None:
        """The web request's id among the tags."""
        own = (tag for tag in self.tags if tag != self.job_tag)
        return next((tag for tag in own if _uuid(tag)), None)


_TIME = r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
_COLOUR = r"(?:\x1b\[[\d;]{0,10}m)?"
_LEVELS = r"(?P<level>DEBUG|INFO|WARN|ERROR|FATAL|UNKNOWN)"
_PAIRS = r"(?P<context>(?: [a-z_]\w{0,40}=\S{1,400}?){0,12})"

_SIDEKIQ_3 = pp.Regex(
    rf"(?:{_TIME}\s+)?(?:(?P<pid>\d{{1,10}})\s+)?TID-(?P<tid>\w{{1,32}})"
    rf"(?:\s+(?P<class>[\w:.]{{1,200}})\s+JID-(?P<jid>\w{{1,64}})(?:\s+BID-\S{{1,64}})?)?\s+{_LEVELS}: ?"
)
_SIDEKIQ_6 = pp.Regex(rf"(?:{_TIME}\s+)?pid=(?P<pid>\d{{1,10}}) tid=(?P<tid>\w{{1,32}}){_PAIRS} {_LEVELS}: ?")
_SIDEKIQ_8 = rf"{_COLOUR}{_LEVELS} {{0,2}}{_COLOUR} {{0,2}}{_TIME} pid=(?P<pid>\d{{1,10}}) tid=(?P<tid>\w{{1,32}})"
_RUBY_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SIDEKIQ_8_EXCEPTION = pp.Regex(
    rf"{_SIDEKIQ_8} context=Job raised exception job=(?P<job>\{{(?:[^\"]|{_RUBY_STRING})*?\}}): ", re.DOTALL
)
_SIDEKIQ_8_CUT = pp.Regex(rf"{_SIDEKIQ_8} context=Job raised exception job=(?P<job>\{{.*)", re.DOTALL)
_SIDEKIQ_8_PLAIN = pp.Regex(rf"{_SIDEKIQ_8}{_PAIRS}: ?")
_LOGGER = pp.Regex(
    rf"(?:[DIWEFA]?, \[{_TIME} ?#(?P<pid>\d{{1,10}}(?:-\d{{1,20}})?)\] {{1,2}})?{_LEVELS} -- "
    r"(?P<program>[^:\n]{0,80}): ?"
)
_TAGS = pp.Regex(r"(?:\[[^\[\]\n]{1,200}\]\s*)*")
_MESSAGE = pp.Regex(r".*", re.DOTALL)

_TAIL = _TAGS("tags") + _MESSAGE("message")
_LINE = Delayed(
    lambda: (
        pp.Opt(_SIDEKIQ_6 | _SIDEKIQ_3 | _SIDEKIQ_8_EXCEPTION | _SIDEKIQ_8_CUT | _SIDEKIQ_8_PLAIN | _LOGGER)("head")
        + _TAIL
    )
)
# Most lines begin with a time or a tag, and then there is no choice.
_SIDEKIQ_6_LINE = Delayed(lambda: _SIDEKIQ_6("head") + _TAIL)

# Behind a prefix that no envelope knows (foreman, a log viewer), a Sidekiq line begins here.
_SIDEKIQ_START = expression(
    r"(?:(?:DEBUG|INFO|WARN|ERROR|FATAL) {1,3})?\d{4}-\d\d-\d\dT[\d:.]{8,18}Z (?:\d{1,10} TID-|pid=\d{1,10} tid=)"
    r"|\bTID-\w{1,32} |\bpid=\d{1,10} tid=\w"
)
_PAIR = expression(r"(\w+)=(\S+)")
_JSON_HEAD = expression(
    r'\{"ts":"(?P<ts>[^"]{1,40})","pid":(?P<pid>\d{1,10}),"tid":"(?P<tid>\w{1,32})",'
    r'(?:"ctx":\{[^{}]{0,2000}\},)?"lvl":"(?P<lvl>\w+)","msg":"(?P<msg>.*)',
    re.DOTALL,
)
_GITLAB_HEAD = expression(r'\{"severity":"[A-Z]{4,7}","time":"(?P<time>[^"]{19,40})"')
_TAG = expression(r"\[([^\[\]]+)\]")
_UUID = expression(r"[0-9a-fx]{8}-?(?:[0-9a-fx]{4}-?){3}[0-9a-fx]{12}$")


def read_line(text: str) -> RubyLine:
    """Take the head off a log entry.

        line       = [ head ] { "[" tag "]" } message
        head       = sidekiq-3 | sidekiq-6 | sidekiq-8 | gitlab | logger | json
        sidekiq-3  = [ time ] [ pid ] "TID-" tid [ class "JID-" jid [ "BID-" bid ] ] level ":"
        sidekiq-6  = [ time ] "pid=" pid "tid=" tid { key "=" value } level ":"
        sidekiq-8  = level time "pid=" pid "tid=" tid { key "=" value } ":"
        gitlab     = '{"severity":"' level '","time":"' time '"'
        logger     = [ letter "," "[" time "#" pid [ "-" thread ] "]" ] level "--" [ program ] ":"

    Example: `2024-05-02T08:11:09.201Z pid=7 tid=1cq class=ActionMailer::MailDeliveryJob jid=1f2e INFO: start`

    A text without a known head is all message.
    """
    text = text.lstrip()
    if text.startswith('{"ts":'):
        return _read_json(text)
    text = text[:MOST_CHARACTERS]
    if gitlab := _GITLAB_HEAD.match(text):
        return RubyLine(text, *_time(gitlab["time"]))
    found = _parts_of(text)
    if not found.get("head") and ("tid=" in (begin := text[:_MOST_CHARACTERS_BEFORE]) or "TID-" in begin):
        start = _SIDEKIQ_START.search(begin, 1)
        found = _parts_of(text[start.start() :]) if start else found
    pairs = found.get("context")
    context = dict(_PAIR.findall(pairs)) if pairs else {}
    if "jid" in found:
        context |= {key: found[key] for key in ("class", "jid")}
    tags = found.get("tags")
    time, has_zone = _time(stamp) if (stamp := found.get("time")) else (None, False)
    return RubyLine(
        message=found["message"],
        time=time,
        has_zone=has_zone,
        level=found.get("level") or None,
        pid=found.get("pid") or None,
        tid=found.get("tid") or None,
        context=context,
        job=found.get("job") or "",
        tags=tuple(tag.strip() for tag in _TAG.findall(tags)) if tags else (),
    )


def _parts_of(text: str) -> dict[str, str]:
    """The parts of a line; without a known head it is all message."""
    if text[:1] == "[":
        parts = parse_parts(_TAIL, text)
    else:
        parts = (parse_parts(_SIDEKIQ_6_LINE, text) if text[:1].isdigit() else None) or parse_parts(_LINE, text)
    return {"message": text} if parts is None else parts


def _read_json(text: str) -> RubyLine:
    """Read Sidekiq's JSON formatter (`{"ts", "pid", "tid", "lvl", "msg", "ctx"}`); a line that is cut, too."""
    try:
        entry = json.loads(text)
        context = entry.get("ctx") or {}
        job = context.pop("job", "")
        message = str(entry.get("msg", ""))[:MOST_CHARACTERS]
        ts, pid, tid, level = (str(entry.get(key, "")) for key in ("ts", "pid", "tid", "lvl"))
    except (ValueError, TypeError, AttributeError, RecursionError):
        cut = _JSON_HEAD.match(text)
        if cut is None:
            return RubyLine(text)
        context, job = {}, ""
        message = cut["msg"][:MOST_CHARACTERS].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        ts, pid, tid, level = cut["ts"], cut["pid"], cut["tid"], cut["lvl"]
    time, has_zone = _time(ts)
    pairs = {str(key): str(value) for key, value in context.items()}
    return RubyLine(message, time, has_zone, level, pid, tid, pairs, json.dumps(job) if job else "")


def _time(text: str) -> tuple[datetime | None, bool]:
    try:
        time = datetime.fromisoformat(text)
        return (time, True) if time.tzinfo else (aware(time), False)
    except (ValueError, OverflowError):
        return None, False


def _uuid(text: str) -> str | None:
    return text if _UUID.match(text) else None
