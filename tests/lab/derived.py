"""Makes the fixtures that come from other fixtures: other versions, wrappings, journals."""

from __future__ import annotations

import datetime as dt
import re

from tests.lab import journal, mastodon, mattermost, postfix
from tests.lab.case import FIXTURES, Case, Expected, write_case
from tests.lab.journal import Entry
from tests.lab.stamped import stamp_lines
from tests.lab.versions import as_sidekiq_7, as_sidekiq_8
from tests.lab.wrappings import WRAPPINGS

_VERSIONS = {
    "sidekiq-7": (as_sidekiq_7, "Sidekiq 7.3 and Rails 8.0 wording (Mastodon 4.4)"),
    "sidekiq-8": (as_sidekiq_8, "Sidekiq 8.0 and Rails 8.0 wording, Ruby 3.4 notation (Mastodon 4.5)"),
}
_VERSIONED = (
    "auth-failed-gmail",
    "connection-refused",
    "cert-expired-starttls",
    "connection-timeout",
    "success",
    "decoys",
)


def derive_fixtures() -> None:
    """Write all derived fixtures anew from the recorded ones."""
    for write in (_write_versions, _write_old_zulip, _write_wrappings, _write_journals):
        write()


def _read(app: str, scenario: str, file: str) -> str:
    return (FIXTURES / app / scenario / file).read_bytes().decode("utf-8", "surrogateescape")


def _expected(app: str, scenario: str) -> list[Expected]:
    text = (FIXTURES / app / scenario / "case.yaml").read_text()
    return [Expected(cause, int(count)) for cause, count in re.findall(r"cause: ([\w-]+), attempts: (\d+)", text)]


def _write_versions() -> None:
    for version, (convert, note) in _VERSIONS.items():
        for scenario in _VERSIONED:
            log = convert(_read("mastodon", scenario, "sidekiq.log"))
            composed = (
                f"{note} around the exception texts recorded in {scenario}; net-smtp 0.5 wording of the network's"
            )
            expect = _expected("mastodon", scenario)
            case = Case("mastodon", f"{version}-{scenario}", mastodon.RECORDED, composed, expect)
            write_case(case, {"sidekiq.log": log})


def _write_old_zulip() -> None:
    """Zulip 4: no realm, no IP address, and the "error core" that it had for some months."""
    for scenario in ("auth-failed", "sender-not-owned"):
        log = _read("zulip", scenario, "send_email.log")
        log = re.sub(r" in chat \(triggered from [\d.]+\)$", "", log, flags=re.MULTILINE)
        log = log.replace("with error code", "with error core")
        case = Case(
            "zulip",
            f"zulip-4-{scenario}",
            f"as in {scenario}",
            "messages in the wording of Zulip 4",
            _expected("zulip", scenario),
        )
        write_case(case, {"send_email.log": log})


def _write_wrappings() -> None:
    scenario = "auth-failed-gmail"
    lines = stamp_lines(_read("mastodon", scenario, "sidekiq.log"))
    for name, (file, wrap) in WRAPPINGS.items():
        case = Case(
            "mastodon",
            f"wrapped-{name}",
            f"{mastodon.RECORDED}: the lines of {scenario}",
            f"the envelope of {name}",
            _expected("mastodon", scenario),
        )
        write_case(case, {file: wrap(lines)})
    log = _read("mattermost", scenario, "mattermost.log")
    for name in ("docker-json-file", "compose-v2"):
        file, wrap = WRAPPINGS[name]
        text = wrap(stamp_lines(log)).replace("mastodon-sidekiq-1", "mattermost-mattermost-1")
        composed = f"{mattermost.COMPOSED}; the envelope of {name}"
        case = Case("mattermost", f"wrapped-{name}", mattermost.RECORDED, composed, _expected("mattermost", scenario))
        write_case(case, {file: text})


def _sidekiq_entries(scenario: str, unit: str = "mastodon-sidekiq.service", pid: int = 811) -> list[Entry]:
    log = _read("mastodon", scenario, "sidekiq.log")
    return [Entry(time, unit, "bundle", pid, line) for time, line in stamp_lines(log)]


def _postfix_entries(scenario: str) -> list[Entry]:
    day = dt.datetime.fromtimestamp((FIXTURES / "postfix" / scenario / "mail.log").stat().st_mtime, dt.UTC).date()
    entries = []
    for time, line in stamp_lines(_read("postfix", scenario, "mail.log"), day):
        match = re.fullmatch(r".{15} \S+ (\S+?)\[(\d+)\]: (.*)", line)
        if match:
            entries.append(Entry(time, "postfix@-.service", match[1], int(match[2]), match[3]))
    return entries


def _mattermost_entries(scenario: str) -> list[Entry]:
    lines = stamp_lines(_read("mattermost", scenario, "mattermost.log"))
    return [Entry(time, "mattermost.service", "mattermost", 7631, line) for time, line in lines]


def _unrelated_entries(start: dt.datetime) -> list[Entry]:
    """A service that has nothing to do with mail, and says "Connection refused" all the same."""
    texts = ("Connection refused by 198.51.100.7 port 22", "pam_unix(cron:session): session opened for user root")
    times = [start + dt.timedelta(seconds=number) for number in range(6)]
    return [Entry(time, "ssh.service", "sshd", 402, texts[number % 2]) for number, time in enumerate(times)]


def _write_journals() -> None:
    made = "systemd-journal-remote 252 and journalctl 252"
    of_mastodon = _sidekiq_entries("auth-failed-gmail")
    of_mastodon += _unrelated_entries(of_mastodon[0].time)
    _write_printed("mastodon", of_mastodon, f"{mastodon.RECORDED}; {made}", "auth-failed-gmail", journal.OUTPUTS)

    coloured = _sidekiq_entries("sidekiq-8-auth-failed-gmail")
    _write_printed(
        "mastodon", coloured, f"{mastodon.RECORDED}; {made}", "sidekiq-8-auth-failed-gmail", ("short", "json", "export")
    )
    lines = _mattermost_entries("shape-plain")
    _write_printed("mattermost", lines, f"{mattermost.RECORDED}; {made}", "shape-plain", ("short", "json"))
    lines = _postfix_entries("relay-denied")
    _write_printed("postfix", lines, f"{postfix.RECORDED}; {made}", "relay-denied", ("short", "short-iso"))

    every_unit = [
        *of_mastodon,
        *_sidekiq_entries("connection-refused", "mastodon-sidekiq-mailers@5.service", 955),
        *_mattermost_entries("shape-plain"),
        *_postfix_entries("relay-denied"),
    ]
    sources = (("mastodon", "auth-failed-gmail"), ("mastodon", "connection-refused"), ("mattermost", "shape-plain"))
    expect = [found for source in (*sources, ("postfix", "relay-denied")) for found in _expected(*source)]
    merged = [
        Expected(cause, sum(found.attempts for found in expect if found.cause == cause))
        for cause in dict.fromkeys(found.cause for found in expect)
    ]
    case = Case("journal", "every-unit", made, "units and identifiers of recorded lines", merged)
    write_case(case, {"system.journal.xz": journal.pack(journal.write_journal(every_unit))})


def _write_printed(app: str, entries: list[Entry], recorded: str, scenario: str, outputs: tuple[str, ...]) -> None:
    """Write the journal itself and each output of journalctl as a case of its own."""
    data = journal.write_journal(entries)
    composed = f"unit, identifier and process of the lines of {scenario}"
    expect = _expected(app, scenario)
    suffix = "-coloured" if scenario.startswith("sidekiq-8") else ""
    case = Case(app, f"journal{suffix}", recorded, composed, expect)
    write_case(case, {"system.journal.xz": journal.pack(data)})
    for output in outputs:
        file = {"json": "journal.json", "export": "journal.export"}.get(output, "journal.log")
        case = Case(app, f"journal{suffix}-{output}", recorded, composed, expect)
        write_case(case, {file: journal.show_journal(data, output)})
