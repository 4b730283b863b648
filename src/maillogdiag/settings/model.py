"""What an application's files say about its mail, as the same fields for every application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_MOST_CHARACTERS = 200


class Field(StrEnum):
    """What a setting is about."""

    SERVER = "server"
    PORT = "port"
    USER = "user"
    PASSWORD = "password"
    LOGIN = "login"  # whether, or by which mechanism, the application logs in
    SENDER = "sender"
    SENDER_DOMAIN = "sender-domain"  # where the sender is written in two parts
    TLS = "tls"  # encryption from the first byte, or the mode of encryption where one setting holds it
    SSL = "ssl"  # a second name for TLS
    STARTTLS = "starttls"
    STARTTLS_AUTO = "starttls-auto"
    VERIFY = "verify"  # whether certificates are verified
    VERIFY_OTHERWISE = "verify-otherwise"  # a second setting for that
    METHOD = "method"  # SMTP, or another way of delivery
    SWITCH = "switch"  # whether mail is sent at all
    MISPLACED_PASSWORD = "misplaced-password"  # a password where the application does not look for it
    VERSION = "version"
    NEIGHBOUR = "neighbour"  # another server's name, which tells whether the application runs in a container
    SIGN = "sign"  # says nothing about mail, but which application's file this is
    # Only shown beside the fixes that name them:
    HELO = "helo"
    AUTHORITIES = "authorities"
    TIMEOUT = "timeout"
    REPLY_TO = "reply-to"
    BATCHING = "batching"
    SENDER_TOKENS = "sender-tokens"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Raw:
    """One setting as a file's form gives it; passwords are still in it, so it is not kept.

    Args:
        key: its name; parts of a nested one joined by dots ("EmailSettings.SMTPPort").
        value: as text ("true" and "false" for truth values, "" for null), blanks kept; None where only running the
            file would tell it.
        line: 1-based.
        is_expanded: whether a shell, dotenv or compose replaces `$` in it, and ends it at `#`.
        service: of a compose file, which service gets it: two may be of different applications.
    """

    key: str
    value: str | None
    line: int
    is_expanded: bool = False
    service: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting that is about mail.

    Args:
        file: as the user knows it.
        line: 1-based; 0 for one that is not there.
        key: as written.
        value: without blanks around it; None where only running the file would tell it. Of a password "" or
            "(set)", never itself.
        faults: typical faults of a password; see `secrets`.
        is_there: whether it stands in a file at all.
    """

    file: str
    line: int
    key: str
    value: str | None
    faults: tuple[str, ...] = ()
    is_there: bool = True

    @property
    def shown(self) -> str:
        """The value for people; of a password whether it is set, and its faults."""
        if not self.is_there or self.value == "":
            return "(not set)" if not self.is_there else "(empty)"
        if self.value is None:
            return "(computed)"
        if self.faults:
            return f"(set, {', '.join(self.faults)})"
        return self.value[:_MOST_CHARACTERS]

    @property
    def text(self) -> str:
        """The setting for people: `SMTP_PORT=465`, `SMTP_PASSWORD (set)`.

        Without the equals sign for what is no value: redaction takes any word behind `PASSWORD=` for a secret.
        """
        return f"{self.key} {self.shown}" if self.shown.startswith("(") else f"{self.key}={self.shown}"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an application does by its settings; None where the files do not tell.

    Args:
        tls: it encrypts from the first byte.
        starttls: it is told to use STARTTLS.
        in_clear: it never encrypts.
        logs_in: it is told to log in, or not to.
        uses_smtp: it hands mail over by SMTP.
        sends: mail is switched on.
        verifies: it verifies certificates.
        has_main_file: the file that holds the server was read.
        has_password_file: the file that holds the password was read.
        in_container: it runs in a container, where localhost is the container itself.
        heeds: it takes notice of these settings at all.
    """

    tls: bool | None
    starttls: bool | None
    in_clear: bool | None
    logs_in: bool | None = None
    uses_smtp: bool = True
    sends: bool | None = True
    verifies: bool | None = True
    has_main_file: bool = True
    has_password_file: bool = True
    in_container: bool = False
    heeds: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """The mail settings of one application, of all its files.

    Args:
        app: "mastodon", "zulip", "mattermost", "nextcloud" or "nethserver".
        prefix: what stands before the documentation's names, where an application has a second set of settings.
        entries: what stands in the files.
        names: how each field is called in the application's documentation.
        behaviour: what follows.
    """

    app: str
    entries: Mapping[Field, Entry]
    names: Mapping[Field, str]
    behaviour: Behaviour
    prefix: str = ""

    def entry(self, field: Field) -> Entry:
        """Return a setting; one that says "not set" where no file has it."""
        known = self.entries.get(field)
        if known is not None:
            return known
        file = next(iter(self.entries.values())).file
        return Entry(file, 0, self.names[field], "", is_there=False)

    def find(self, name: str) -> Entry | None:
        """Return the setting that the documentation calls `name`; None where the files that were read don't tell."""
        field = next((field for field, known in self.names.items() if known == name), None)
        if field is None:
            return None
        was_read = self.behaviour.has_password_file if field is Field.PASSWORD else self.behaviour.has_main_file
        return self.entry(field) if was_read or field in self.entries else None

    def value(self, field: Field) -> str:
        """Return a setting's value, "" where it is not set or not known."""
        entry = self.entries.get(field)
        return (entry.value or "") if entry else ""

    def is_known(self, field: Field) -> bool:
        """Whether the files tell the setting, or that there is none."""
        return field not in self.entries or self.entries[field].value is not None


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """One file that was read, or could not be.

    Args:
        name: as the user knows it.
        apps: whose settings it holds.
        lines: its lines.
        entries: how many settings about mail it holds.
        problem: why it could not be read, and what to do.
    """

    name: str
    apps: tuple[str, ...] = ()
    lines: int = 0
    entries: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that the settings files say.

    Args:
        settings: one an application.
        files: which files were read.
        is_missing: the usual places were asked for, and held nothing.
    """

    settings: tuple[Settings, ...] = ()
    files: tuple[SettingsFile, ...] = ()
    is_missing: bool = False

    @property
    def read(self) -> frozenset[str]:
        """The names of the files that hold settings."""
        return frozenset(file.name for file in self.files if file.apps)

    def of(self, app: str | None) -> Settings | None:
        """Return the settings of an application; of two sets the main one."""
        return next((one for one in self.settings if one.app == app and not one.prefix), None)

    def find(self, app: str, name: str) -> Entry | None:
        """Return the setting that the documentation of `app` calls `name`; None where the files don't tell."""
        return next((entry for one in self.settings if one.app == app and (entry := one.find(name))), None)
