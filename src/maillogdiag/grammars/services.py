"""What programs and systemd log of starting, stopping and taking new settings, and of work other than mail.

None of it is about a mail. But what happened just before mail began to fail is where an admin looks first, and a
worker that does other jobs while mail waits is what tells a stalled queue from a log that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.gate import OFTEN
from maillogdiag.grammars.application_time import with_application_time
from maillogdiag.grammars.mattermost_lines import read_entry
from maillogdiag.grammars.rails_events import other_work
from maillogdiag.grammars.rails_jobs import Job, app_of
from maillogdiag.records import Record

NAME = "services"
_MOST_CHARACTERS = 2_000

# Units that mail may depend on, and the application that they are; a machine starts and stops much else all the time.
_UNITS = (
    (expression(r"mastodon"), "mastodon"),
    (expression(r"zulip"), "zulip"),
    (expression(r"mattermost"), "mattermost"),
    (expression(r"nextcloud"), "nextcloud"),
    (expression(r"postfix"), "postfix"),
    (expression(r"exim"), "exim"),
    (expression(r"sidekiq|puma|gitlab|discourse"), "rails"),
    (expression(r"celery"), "django"),
    (
        expression(
            r"redis|valkey|rabbitmq|postgres|docker|podman|supervisor|php\S{0,8}fpm|resolved|unbound|bind9|named\b|dnsmasq"
            r"|network(?!.{0,20}time)|ufw|nftables|iptables|firewall|wireguard|wg-quick|openvpn|stunnel|opendkim|rspamd"
        ),
        "any",
    ),
)  # fmt: skip
# systemd's own messages: src/core/unit.c, src/core/service.c
_SYSTEMD = expression(
    r"(?P<verb>Started|Stopped|Reloaded) (?P<name>[^\n]{1,200}?)\.?$"
    r"|(?P<unit>[\w@:.\\-]{1,120}\.service): (?:Main process exited, code=|A process of this unit has been killed by"
    r"|Start request repeated too quickly)",
    re.MULTILINE,
)
_VERBS = {"Started": "started", "Stopped": "stopped", "Reloaded": "reloaded"}
_SUPERVISOR = expression(
    r"\b(?P<verb>spawned|stopped|gave up): '?(?P<name>(?:[\w-]{1,60}:)?[\w-]{0,60}"
    r"(?:zulip|sidekiq|mastodon|mattermost|celery)[\w-]{0,60})"
)
# Sidekiq's lib/sidekiq/cli.rb, launcher.rb; since version 6 with pid= and tid=, before with TID-.
_SIDEKIQ = expression(r"(?:\btid=|\bTID-)\w{1,32}.{0,40}?: (?P<words>Booting Sidekiq [\w.]{1,20}|Shutting down$)", re.M)
_SIDEKIQ_TIME = expression(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
# Its lib/sidekiq/job_logger.rb: the class of ActiveJob's own job stands there since version 6 only.
_JOB_DONE = expression(
    r"(?:\bclass=(?P<name>[\w:.]{1,200}) jid=\w{1,64}[^\n]{0,200}?|\bTID-\w{1,32} (?P<old_name>[\w:.]{1,200}) "
    r"JID-\w{1,64} INFO): done(?:: [\d.]{1,20} sec)?\s*\Z"
)
_PUMA = expression(r"Puma version: \S{1,20}|- Gracefully stopping, waiting for requests")
_CELERY = expression(r"\bcelery@\S{1,100} ready\.$", re.MULTILINE)
_POSTFIX = expression(r"(?P<words>daemon started|reload) -- version \S{1,40}|terminating on signal \d{1,2}$")
_EXIM = expression(r"(?:^|\s)exim \S{1,20} daemon started: |SIGHUP received: re-exec daemon")
_MATTERMOST = expression(r"Server is initializing|Starting Server|Current version is|Stopping Server|Server stopped")
_MATTERMOST_SETTINGS = expression(r"/api/v\d/(?:config(?:/patch|/reload)?|admin/(?:save|reload)_config)$")


class _Services:
    """Reads what happens to programs; see the module."""

    name = NAME
    # Lines that are written all the time have none of these, as "Started GET" of a web server; but see `gate.OFTEN`.
    anchors = (
        ".service", "Started mastodon", "Started Postfix", "Started Mattermost", "Started mattermost", "Started exim",
        "Started sidekiq", "Started Docker", "Started Redis", "Started Network", "Started nftables", "Stopped ",
        "Reloaded ", "spawned: ", "stopped: ", "gave up: ", "Booting Sidekiq ", "Shutting down", "Puma version: ",
        "- Gracefully stopping", "celery@", " -- version ", "terminating on signal ", "daemon started: ",
        "re-exec daemon", "Server is initializing", "Starting Server", "Current version is", "Stopping Server",
        "Server stopped", "/api/v4/config", "/admin/save_config", "Linux version ", OFTEN,
    )  # fmt: skip

    def read(self, record: Record) -> Iterable[Event]:
        """Return the change that `record` tells of, or that a worker ended a job that is not about mail."""
        text = record.text[:_MOST_CHARACTERS]
        for reader in _READERS:
            if event := reader(record, text):
                return (event,)
        return ()


def _other_job(record: Record, text: str) -> Event | None:
    """A job that is not about mail and that a worker did; what it failed to do, the grammar of Rails reads."""
    found = _JOB_DONE.search(text) if OFTEN in text else None
    if found is None:
        return None
    return other_work(record, _with_sidekiq_time(record), Job(found["name"] or found["old_name"]), app_of(record))


def _systemd(record: Record, text: str) -> Event | None:
    found = _SYSTEMD.match(text) if record.process == "systemd" else None
    if found is None:
        return None
    unit = found["unit"] or found["name"].partition(" - ")[0]
    app = next((app for names, app in _UNITS if names.search((found["name"] or unit).lower())), None)
    form = _VERBS[found["verb"]] if found["verb"] else "broken"
    return _changed(record, app, form, unit.removesuffix(".service")) if app else None


def _supervisor(record: Record, text: str) -> Event | None:
    found = _SUPERVISOR.search(text)
    if found is None:
        return None
    app = next(app for names, app in _UNITS if names.search(found["name"]))
    form = "started" if found["verb"] == "spawned" else "stopped"
    return _changed(with_application_time(record), app, form, found["name"])


def _sidekiq(record: Record, text: str) -> Event | None:
    found = _SIDEKIQ.search(text)
    if found is None:
        return None
    form = "started" if found["words"].startswith("Boot") else "stopped"
    # Behind it stand the addresses of Redis.
    record = _with_sidekiq_time(record).saying(text[: found.end()])
    return _changed(record, app_of(record), form, "sidekiq itself")


def _with_sidekiq_time(record: Record) -> Record:
    """Sidekiq's stamp is in UTC; the rest of its head need not be read."""
    found = _SIDEKIQ_TIME.search(record.text[:100])
    try:
        return record.at(datetime.fromisoformat(found[0])) if found else record
    except ValueError:
        return record


def _puma(record: Record, text: str) -> Event | None:
    found = _PUMA.search(text)
    return _changed(record, app_of(record), "started" if found[0][0] == "P" else "stopped", "puma") if found else None


def _celery(record: Record, text: str) -> Event | None:
    return _changed(with_application_time(record), "django", "started", "celery") if _CELERY.search(text) else None


def _postfix(record: Record, text: str) -> Event | None:
    found = _POSTFIX.search(text) if (record.process or "").endswith("/master") else None
    if found is None:
        return None
    return _changed(record, "postfix", _POSTFIX_FORMS.get(found["words"], "stopped"), "postfix")


_POSTFIX_FORMS = {"daemon started": "started", "reload": "reloaded"}


def _exim(record: Record, text: str) -> Event | None:
    found = _EXIM.search(text)
    form = "started" if found and "started" in found[0] else "reloaded"
    return _changed(with_application_time(record), "exim", form, "exim") if found else None


def _mattermost(record: Record, text: str) -> Event | None:
    is_life = _MATTERMOST.search(text)
    if not is_life and "Received HTTP request" not in text:
        return None
    entry = read_entry(text)
    if entry is None:
        return None
    if entry.time is not None:
        record = record.at(entry.time)
    if _MATTERMOST.match(entry.message):
        form = "stopped" if entry.message.startswith(("Stopping", "Server stopped")) else "started"
        return _changed(record, "mattermost", form, "mattermost")
    is_write = entry.fields.get("method") in ("PUT", "POST")
    is_settings = _MATTERMOST_SETTINGS.search(entry.fields.get("url") or entry.fields.get("path") or "")
    return _changed(record, "mattermost", "reloaded", "mattermost settings") if is_write and is_settings else None


def _machine(record: Record, text: str) -> Event | None:
    is_boot = record.process == "kernel" and re.match(r"(?:\[[ .\d]{1,20}\] )?Linux version ", text)
    return _changed(record, "any", "started", "machine") if is_boot else None


def _changed(record: Record, app: str, form: str, subject: str) -> Event:
    """Make the event; lines of one subject and form that stand close together tell of the same change."""
    return Event(EventKind.CHANGED, app, record.saying(record.text.partition("\n")[0]), form, (f"service:{subject}",))


_READERS: tuple[Callable[[Record, str], Event | None], ...] = (
    _other_job, _systemd, _sidekiq, _mattermost, _postfix, _supervisor, _exim, _puma, _celery, _machine,
)  # fmt: skip

GRAMMAR = _Services()
