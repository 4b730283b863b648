"""Settings that cannot work together, or not at all; rules/settings.yaml tells what each means, and its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from maillogdiag.settings import secrets
from maillogdiag.settings.model import Entry, Field, Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
_MAILBOX_PROVIDERS = """
126.com 163.com aol.com foxmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com
hotmail.com hotmail.de hotmail.fr icloud.com laposte.net libero.it live.com mac.com mail.ru me.com msn.com
naver.com orange.fr outlook.com outlook.de qq.com rambler.ru seznam.cz t-online.de wanadoo.fr web.de wp.pl
yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru ymail.com
"""
# Not sendmail: the machine's own mail server is a good way, too.
_LOCAL_METHODS = ("sendmail", "qmail")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One thing that is wrong: its `name`, as rules have it, and the settings that prove it.

    `prefix` is that of the `Settings`.
    """

    name: str
    app: str
    entries: tuple[Entry, ...]
    prefix: str = ""


def contradictions_of(settings: Settings) -> Iterator[Contradiction]:
    """Yield what is wrong with the settings of an application; of what the files do not tell nothing is assumed."""
    for name, check in (_CHECKS if settings.behaviour.uses_smtp else {"not-smtp": _not_smtp}).items():
        if proof := check(settings):
            entries = [settings.entries[field] for field in proof if field in settings.entries]
            # What is missing is shown only where nothing else shows what is wrong.
            yield Contradiction(name, settings.app, tuple(entries or [settings.entry(proof[0])]), settings.prefix)


_Proof = tuple[Field, ...]
"""The settings that prove it; none where all is well."""

_MODE = (Field.PORT, Field.TLS, Field.SSL, Field.STARTTLS)


def _not_smtp(settings: Settings) -> _Proof:
    """Sendmail is fine, but not where a server is set, which it does not heed."""
    is_local = settings.value(Field.METHOD).lower() in _LOCAL_METHODS
    if not is_local:
        return (Field.METHOD,)
    return (Field.METHOD, Field.SERVER) if settings.value(Field.SERVER) and settings.value(Field.USER) else ()


def _not_heeded(settings: Settings) -> _Proof:
    return () if settings.behaviour.heeds else (Field.SERVER, Field.SENDER, Field.SENDER_DOMAIN)


def _tls_and_starttls(settings: Settings) -> _Proof:
    both = settings.behaviour.tls and settings.behaviour.starttls
    return tuple(field for field in _MODE[1:] if settings.value(field)) if both else ()


def _port_465_without_tls(settings: Settings) -> _Proof:
    return _MODE if settings.value(Field.PORT) == "465" and settings.behaviour.tls is False else ()


def _port_587_with_tls(settings: Settings) -> _Proof:
    return _MODE[:3] if settings.value(Field.PORT) == "587" and _only_tls(settings) else ()


def _port_25_with_tls(settings: Settings) -> _Proof:
    return _MODE[:3] if settings.value(Field.PORT) == "25" and _only_tls(settings) else ()


def _only_tls(settings: Settings) -> bool:
    return settings.behaviour.tls is True and not settings.behaviour.starttls


def _port_587_in_clear(settings: Settings) -> _Proof:
    return _MODE if settings.value(Field.PORT) == "587" and settings.behaviour.in_clear else ()


def _user_without_password(settings: Settings) -> _Proof:
    behaviour = settings.behaviour
    is_missing = settings.is_known(Field.PASSWORD) and not settings.value(Field.PASSWORD)
    wants = settings.value(Field.USER) and behaviour.logs_in is not False and behaviour.has_password_file
    return (Field.USER, Field.PASSWORD) if wants and is_missing and not _misplaced_password(settings) else ()


def _password_without_user(settings: Settings) -> _Proof:
    behaviour = settings.behaviour
    is_missing = settings.is_known(Field.USER) and not settings.value(Field.USER)
    wants = settings.value(Field.PASSWORD) and behaviour.logs_in is not False and behaviour.has_main_file
    return (Field.PASSWORD, Field.USER) if wants and is_missing else ()


def _login_without_user(settings: Settings) -> _Proof:
    is_empty = settings.is_known(Field.USER) and not settings.value(Field.USER) and not settings.value(Field.PASSWORD)
    wants = settings.behaviour.logs_in and settings.is_known(Field.PASSWORD)
    return (Field.LOGIN, Field.USER) if wants and is_empty else ()


def _login_switched_off(settings: Settings) -> _Proof:
    has_login = settings.value(Field.USER) and settings.value(Field.PASSWORD)
    return (Field.LOGIN, Field.USER) if settings.behaviour.logs_in is False and has_login else ()


def _foreign_sender(settings: Settings) -> _Proof:
    login = _domain(settings.value(Field.USER))
    sender = settings.value(Field.SENDER_DOMAIN).lower() or _domain(settings.value(Field.SENDER))
    is_foreign = login in _MAILBOX_PROVIDERS.split() and sender not in ("", login)
    return (Field.USER, Field.SENDER, Field.SENDER_DOMAIN) if is_foreign else ()


def _domain(address: str) -> str:
    """The domain of `a@example.org`; "" of what is no address."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def _verification_off(settings: Settings) -> _Proof:
    fields = (Field.VERIFY, Field.VERIFY_OTHERWISE)
    # Nobody gets between the application and its own machine.
    is_off = settings.behaviour.verifies is False and not _is_loopback(settings)
    return tuple(field for field in fields if field in settings.entries) if is_off else ()


def _localhost_in_container(settings: Settings) -> _Proof:
    return (Field.SERVER,) if _is_loopback(settings) and settings.behaviour.in_container else ()


def _is_loopback(settings: Settings) -> bool:
    return settings.value(Field.SERVER).lower() in _LOOPBACK


def _mail_switched_off(settings: Settings) -> _Proof:
    return (Field.SWITCH,) if settings.behaviour.sends is False else ()


def _no_server(settings: Settings) -> _Proof:
    is_missing = settings.is_known(Field.SERVER) and not settings.value(Field.SERVER)
    wants = settings.behaviour.sends is not False and settings.behaviour.has_main_file
    return (Field.SERVER,) if wants and is_missing else ()


def _misplaced_password(settings: Settings) -> _Proof:
    is_set = settings.value(Field.MISPLACED_PASSWORD) and not settings.value(Field.PASSWORD)
    return (Field.MISPLACED_PASSWORD, Field.PASSWORD) if is_set and settings.is_known(Field.PASSWORD) else ()


def _fault(fault: str) -> Callable[[Settings], _Proof]:
    return lambda settings: (Field.PASSWORD,) if fault in settings.entry(Field.PASSWORD).faults else ()


_CHECKS: dict[str, Callable[[Settings], _Proof]] = {
    "no-server": _no_server,
    "mail-switched-off": _mail_switched_off,
    "not-heeded": _not_heeded,
    "tls-and-starttls": _tls_and_starttls,
    "port-465-without-tls": _port_465_without_tls,
    "port-587-with-tls": _port_587_with_tls,
    "port-25-with-tls": _port_25_with_tls,
    "port-587-in-clear": _port_587_in_clear,
    "user-without-password": _user_without_password,
    "password-without-user": _password_without_user,
    "login-without-user": _login_without_user,
    "login-switched-off": _login_switched_off,
    "misplaced-password": _misplaced_password,
    "foreign-sender": _foreign_sender,
    "localhost-in-container": _localhost_in_container,
    "verification-off": _verification_off,
    "password-with-blank": _fault(secrets.BLANK),
    "password-with-quotes": _fault(secrets.QUOTES),
    "password-unquoted": _fault(secrets.UNQUOTED),
    "password-is-placeholder": _fault(secrets.PLACEHOLDER),
    "password-spaced": _fault(secrets.SPACED),
}

NAMES = frozenset({*_CHECKS, "not-smtp"})
"""All that may be wrong; rules/settings.yaml has a rule for each."""
