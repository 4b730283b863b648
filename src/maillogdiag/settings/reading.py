"""From the files that the user names to the settings of applications."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from maillogdiag.errors import SourceError
from maillogdiag.settings.application import Application
from maillogdiag.settings.compose_file import env_files_of
from maillogdiag.settings.files import KNOWN_FILES, form_of, open_settings
from maillogdiag.settings.mastodon import MASTODON, MASTODON_BULK
from maillogdiag.settings.mattermost import MATTERMOST
from maillogdiag.settings.model import Configuration, Entry, Field, Raw, Settings, SettingsFile
from maillogdiag.settings.nethserver import NETHSERVER
from maillogdiag.settings.nextcloud import NEXTCLOUD
from maillogdiag.settings.secrets import describe_secret
from maillogdiag.settings.zulip import ZULIP

APPLICATIONS = (MASTODON, MASTODON_BULK, ZULIP, MATTERMOST, NEXTCLOUD, NETHSERVER)

AUTO = "auto"
"""Instead of a path: the usual places of each application."""

_SECRET_FIELDS = (Field.PASSWORD, Field.MISPLACED_PASSWORD)
# What the environment says wins over what a file says: so do Mattermost and docker-zulip.
_ENVIRONMENTS = ("env", "compose")
# A variable that names the file that holds the value, such as a Docker secret.
_IN_A_FILE = "_file"


@dataclass(slots=True)
class _Found:
    """What is known of one application while its files are read."""

    entries: dict[Field, tuple[bool, Entry]] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)

    def add(self, what: Field, entry: Entry, is_environment: bool) -> None:
        known = self.entries.get(what)
        if known is None or is_environment or not known[0]:
            self.entries[what] = (is_environment, entry)


_AllFound = dict[tuple[str, str], _Found]
"""By the application's name, and the prefix of its set of settings."""


def read_settings(paths: Sequence[str]) -> Configuration:
    """Read settings files. Never raises: a file that cannot be read has its problem noted.

    Args:
        paths: files, or "auto" for the usual places on this machine. Files of one application are read together; of
            a setting that stands twice the later file counts, and a variable of the environment before a file.
    """
    found: _AllFound = {}
    files = [_read(path, is_in_container, found) for path, is_in_container in _all_files(paths)]
    return Configuration(_all_settings(found), tuple(files), is_missing=AUTO in paths and not files)


def read_text(text: str) -> tuple[Settings, ...]:
    """Return the settings in the text of one file, such as a rule's sample.

    Raises:
        SourceError: it holds none.
    """
    found: _AllFound = {}
    _take(text, "sample", False, found)
    return _all_settings(found)


def _all_files(paths: Iterable[str]) -> Iterator[tuple[Path, bool]]:
    """Yield what was named and what belongs to it, each once; and whether a container gets it."""
    seen: set[Path] = set()
    waiting = [(path, False) for path in _named(paths)]
    while waiting:
        path, is_in_container = waiting.pop(0)
        if path not in seen:
            seen.add(path)
            yield path, is_in_container
            waiting = [*_companions(path), *waiting]


def _named(paths: Iterable[str]) -> Iterator[Path]:
    for path in paths:
        if path == AUTO:
            places = (Path(place) for app in APPLICATIONS for place in app.places)
            yield from (place for place in places if _exists(place))
        else:
            yield Path(path)


def _exists(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:  # a folder that only root may enter
        return os.geteuid() != 0


def _companions(path: Path) -> list[tuple[Path, bool]]:
    """Zulip keeps its password in a file beside the settings; a compose file names its env files."""
    secrets = path.with_name("zulip-secrets.conf")
    if path.name == "settings.py" and os.access(secrets, os.R_OK):
        return [(secrets, False)]
    if path.suffix in (".yml", ".yaml"):
        try:
            named = [path.parent / one for one in env_files_of(open_settings(path)[1])]
        except SourceError:
            return []
        return [(one, True) for one in named if os.access(one, os.R_OK)]
    return []


def _read(path: Path, is_in_container: bool, found: _AllFound) -> SettingsFile:
    name = str(path)
    try:
        name, text = open_settings(path)
        apps, count = _take(text, name, is_in_container, found)
    except SourceError as error:
        return SettingsFile(name, problem=str(error))
    return SettingsFile(name, apps, len(text.splitlines()), count)


def _take(text: str, name: str, is_in_container: bool, found: _AllFound) -> tuple[tuple[str, ...], int]:
    """Add what one file says to `found`; return whose settings it holds, and how many."""
    form = form_of(text)
    by_service: dict[str, list[Raw]] = {}
    for raw in form.read(text):
        by_service.setdefault(raw.service, []).append(raw)
    owners: dict[str, None] = {}
    count = 0
    for known in by_service.values():
        keys = {raw.key.lower() for raw in known}
        for app in APPLICATIONS:
            if app.owns(form.name, keys):
                owners[app.name] = None
                mine = found.setdefault((app.name, app.prefix), _Found())
                mine.forms |= {form.name, *(["compose"] if is_in_container else [])}
                count += _take_over(known, app, name, mine, is_environment=form.name in _ENVIRONMENTS)
    if not owners and not (form.name == "compose" and env_files_of(text)):
        raise SourceError(f"holds no mail settings that maillogdiag knows; it reads {KNOWN_FILES}")
    return tuple(owners), count


def _take_over(known: Iterable[Raw], app: Application, name: str, mine: _Found, *, is_environment: bool) -> int:
    """Add an application's settings to what is known of it; return how many there are."""
    fields, count = app.fields(), 0
    for raw in known:
        key = raw.key.lower()
        what = fields.get(key)
        if what is None and is_environment and key.endswith(_IN_A_FILE):
            what, raw = fields.get(key.removesuffix(_IN_A_FILE)), replace(raw, value=None)
        if what is not None:
            mine.add(what, _entry(raw, what, name), is_environment)
            count += what is not Field.SIGN
    return count


def _entry(raw: Raw, what: Field, name: str) -> Entry:
    if what in _SECRET_FIELDS:
        value, faults = describe_secret(raw)
        return Entry(name, raw.line, raw.key, value, faults)
    value = None if raw.value is None else raw.value.strip()
    if what is Field.SENDER and value:
        # The name before the address is nobody's business, and says nothing.
        value = value.rpartition("<")[2].rstrip("> ")
    return Entry(name, raw.line, raw.key, value)


def _all_settings(found: _AllFound) -> tuple[Settings, ...]:
    known = ((app, found.get((app.name, app.prefix))) for app in APPLICATIONS)
    return tuple(_settings(app, one) for app, one in known if one)


def _settings(app: Application, found: _Found) -> Settings:
    entries = {what: entry for what, (_, entry) in found.entries.items()}
    return Settings(app.name, entries, app.names(), app.behaviour(entries, found.forms), app.prefix)
