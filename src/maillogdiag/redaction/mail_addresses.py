"""Mail addresses, Message-IDs, and the names that stand before them."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import START, Detector, is_empty, replace_group
from maillogdiag.redaction.hosts import replace_host
from maillogdiag.redaction.ip_addresses import is_ip, replace_ip
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap, is_stand_in
from maillogdiag.redaction.vocabulary import ROLE_USERS

# Characters without width may stand in an address to hide it from a search.
_HIDDEN = "\u00ad\u200b-\u200f\u2060\ufeff"
_LOCAL = rf"[\w{_HIDDEN}](?:[\w.+~{_HIDDEN}-]|%2[Bb]){{0,127}}"
# Quoted-printable's "=40" also begins a number ("jid=40a5078b7e7c"): what follows must be a host name, all of it.
_AT = r"(?:@|%40|\\{1,15}u0040|&#64;|=40(?=(?:[\w-]{1,63}\.){1,10}[A-Za-z]{2,63}\b)(?![\w.+-]{1,128}@))"
_MAIL_DOMAIN = rf"\[?[\w{_HIDDEN}](?:[\w.:{_HIDDEN}-]{{0,253}}[\w{_HIDDEN}])?\]?"
_UNIT = expression(r"[\w\\-]+\.(?:service|socket|timer|slice|scope|mount|target)")
_BEFORE_MESSAGE = expression(r"(?i)(?:message-?id\W{0,12}|(?:delivered|sent) mail )$")
_MESSAGE_LOCAL = expression(r"[0-9a-f]{8,20}_[0-9a-f-]{4,30}|\d{12,20}\.\d+\.\d+(?:\.\d+)?")


def replace_local(local: str, mapping: RedactionMap, *, is_message: bool = False) -> str:
    """Return what stands for a user's name, or for the part of an address before the @; roles stay.

    Args:
        is_message: whether it is part of a Message-ID.
    """
    plain = local.replace("%2B", "+").replace("%2b", "+")
    if is_stand_in(plain) or plain.casefold() in ROLE_USERS:
        return local
    if plain.casefold().startswith("noreply-"):
        # Zulip's reply address with a token: that it has one is what some providers refuse.
        return "noreply-" + mapping.stand_in(Kind.TOKEN, plain[8:])
    return mapping.stand_in(Kind.MESSAGE if is_message else Kind.USER, plain)


def _replace_address(match: re.Match[str], mapping: RedactionMap) -> str:
    local, domain = match["local"], match["domain"]
    is_instance = _UNIT.fullmatch(domain) or (domain.isdigit() and len(domain) < 4)
    if is_instance or match.string[match.end() : match.end() + 1] == "(":
        return match[0]
    before = match.string[max(match.start() - 24, 0) : match.start()]
    is_message = bool(_MESSAGE_LOCAL.fullmatch(local) or _BEFORE_MESSAGE.search(before))
    new_local = replace_local(local, mapping, is_message=is_message)
    new_domain = _replace_mail_domain(domain, mapping)
    mapping.remember_address(f"{local}@{domain}", f"{new_local}@{new_domain}")
    return f"{new_local}{match['at']}{new_domain}"


def _replace_mail_domain(domain: str, mapping: RedactionMap) -> str:
    if domain.startswith("["):
        return "[" + replace_ip(domain.strip("[]").removeprefix("IPv6:"), mapping) + "]"
    head, colon, port = domain.partition(":")
    return (replace_ip(head, mapping) if is_ip(head) else replace_host(head, mapping)) + colon + port


def _replace_verp(match: re.Match[str], mapping: RedactionMap) -> str:
    """An envelope sender that holds the recipient: VERP and SRS."""
    mapping.remember_address(f"{match['inner_local']}@{match['inner_domain']}", match[0])
    return f"{mapping.stand_in(Kind.USER, match['local'])}@{_replace_mail_domain(match['domain'], mapping)}"


def _replace_name(match: re.Match[str], mapping: RedactionMap) -> str:
    name = match["value"]
    return match[0] if "@" in name or is_empty(name) else replace_group(Kind.NAME)(match, mapping)


MAIL_ADDRESSES = (
    Detector(
        ("@", "%40", "\\u0040"),
        expression(
            rf"(?:(?<=['\"])|(?<=To: )|(?<=From: )|(?<=Cc: )|(?<=to=))"
            rf"(?P<value>[^\W\d_][\w.’-]{{0,40}}(?:,?\s[^\W\d_][\w.’-]{{0,40}}){{0,4}})\\{{0,9}}[\"']?\s{{0,2}}"
            rf"(?=(?:<|\\u003c|&lt;){_LOCAL}{_AT})"
        ),
        _replace_name,
    ),
    Detector(
        ('"@', '\\"@'),
        expression(r"(?<=\")(?P<value>[^\"\\\n@{}[\]<>:,]{1,64})(?=\\{0,15}\"@[\w\[])"),
        replace_group(Kind.USER),
    ),
    Detector(
        ("@",),
        expression(
            rf"{START}(?P<local>(?:SRS[01][=+-][\w.+=-]{{1,100}}=|[\w.-]{{1,60}}[+-])"
            rf"(?P<inner_local>[\w.+-]{{1,64}})=(?P<inner_domain>[\w.-]{{1,200}}))@(?P<domain>{_MAIL_DOMAIN})"
        ),
        _replace_verp,
    ),
    Detector(
        ("@", "%40", "\\u0040", "&#64;", "=40"),
        expression(rf"{START}(?P<local>{_LOCAL})(?P<at>{_AT})(?P<domain>{_MAIL_DOMAIN})"),
        _replace_address,
    ),
)
"""Names before addresses first, then addresses that hold another one, then all others."""
