"""Host names in running text, and in places where only hosts stand."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import START, Detector, keyed, replace_keyed
from maillogdiag.redaction.hosts import is_host, is_kept, replace_host
from maillogdiag.redaction.ip_addresses import is_ip
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.vocabulary import is_common_word, is_prose

_FILE_ENDING = expression(r"(?i)\.(?:html?|log|txt|php|pem|crt|cer|key|conf|cfg|json|ya?ml|gz|zip|xml)$")
_TIME = (
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?|"
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
)
_HOST_KEYS = (
    r"_?hostname|nodename|myhostname|mydomain|helo|ehlo|lhlo|smtp_domain|local_domain|web_domain|external_host|rhost|"
    r"host|smtp_server|smtp_?host|email_host|site_?url|realm_host|domain|server_name"
)


def _replace_host(match: re.Match[str], mapping: RedactionMap) -> str:
    host, ending = match["host"], ""
    if file_ending := _FILE_ENDING.search(host):
        # A page or a file that is called after a host: "remote.example.net.html".
        host, ending = host[: file_ending.start()], file_ending[0]
    return replace_host(host, mapping) + ending if is_host(host) or is_kept(host) else match[0]


def _replace_greeting(match: re.Match[str], mapping: RedactionMap) -> str:
    return match["command"] + _replace_named(match["host"], mapping)


def _replace_value(match: re.Match[str], mapping: RedactionMap) -> str:
    return _replace_named(match["bare"] if match["bare"] is not None else match["value"], mapping)


def _replace_named(host: str, mapping: RedactionMap) -> str:
    """Return what stands for a host that needs no known ending, not even a dot, since only hosts stand there."""
    is_none = not any(map(str.isalpha, host)) or is_common_word(host) or is_prose(host) or is_ip(host)
    return host if is_none else replace_host(host, mapping)


def _replace_machine(match: re.Match[str], mapping: RedactionMap) -> str:
    host = match["host"]
    # supervisord and Zulip write the level where syslog has the machine: "INFO", "CRIT", "ERR".
    if is_common_word(host) or (host.isupper() and host.isalpha()):
        return match[0]
    return match["before"] + replace_host(host, mapping)


def _replace_helo(match: re.Match[str], mapping: RedactionMap) -> str:
    return f"({_replace_named(match['host'], mapping)})"


HOST_NAMES = (
    Detector(
        (": ",),
        expression(
            rf"(?m)(?P<before>(?:^|[\"'=]|\| |std(?:out|err) [FP] )(?:<\d{{1,3}}>)?{_TIME} )"
            r"(?P<host>[\w.-]{1,253})(?= [\w./@\\-]{1,200}(?:\[\d{1,10}\])?: )"
        ),
        _replace_machine,
    ),
    Detector(
        ("from ",),
        expression(r"(?P<command>\bfrom )(?P<host>[\w.-]{1,253})(?= \((?:[\w.-]{1,253} )?\[)"),
        _replace_greeting,
    ),
    Detector((") [",), expression(r"\((?P<host>[\w.-]{1,253})\)(?= \[[0-9a-fA-F:.p])"), _replace_helo),
    Detector(
        ("helo", "ehlo", "lhlo", "host", "domain", "siteurl", "site_url", "server"),
        expression("(?i)" + keyed(_HOST_KEYS, bare=r"[\w.-]{1,253}(?![\w(])", value=r"[\w.-]", most=253)),
        replace_keyed(Kind.HOST, _replace_value),
    ),
    Detector(
        ("relay=", "enotfound ", "eai_again ", "lookup ", "connect", "known: ", "host", "hello "),
        expression(
            r"(?P<command>\brelay=|\b(?:ENOTFOUND|EAI_AGAIN) |\blookup |\bconnect(?:ion)? to (?=[\w-]{1,63}(?:\[|:\d))"
            r"|\bservice not known: |\bwith host |\bhostname |\bHello )"
            r"(?P<host>[A-Za-z0-9](?:[\w-]{0,61}[A-Za-z0-9]))(?=\[|:\d{1,5}(?![\w:])| on [\d\[]|: | :|$| \[|[)\"'\n])"
        ),
        _replace_greeting,
    ),
    Detector(
        ("ehlo ", "helo ", "lhlo "),
        expression(r"(?i)(?P<command>\b(?:EHLO|HELO|LHLO) \[?)(?P<host>\w(?:[\w.-]{0,252}\w)?)"),
        _replace_greeting,
    ),
    Detector(
        (".",),
        expression(
            rf"(?:{START}|(?<=\*\.))(?P<host>\w(?:[\w-]{{0,62}}\.){{1,40}}[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9]))(?![\w(])"
        ),
        _replace_host,
    ),
)
"""Machines, settings and greetings first, since a name there may have no dot."""
