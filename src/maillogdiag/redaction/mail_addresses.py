"""Mail addresses, Message-IDs, and the names that stand before them."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import START, Detector, is_empty, replace_group
from maillogdiag.redaction.hosts import is_host, replace_host
from maillogdiag.redaction.ip_addresses import is_ip, replace_ip
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap, is_stand_in
from maillogdiag.redaction.vocabulary import ROLE_USERS

# Characters without width may stand in an address to hide it from a search.
_HIDDEN = "\u00ad\u200b-\u200f\u2060\ufeff"
_LOCAL = rf"[.-]{{0,3}}[\w{_HIDDEN}](?:[\w.+~{_HIDDEN}-]|%2[Bb]|=(?:\r?\n|\\r\\n|\\n)){{0,127}}"
# Quoted-printable's "=40" also begins a number ("jid=40a5078b7e7c"): what follows must be a host name, all of it.
_AT = (
    r"(?:@|＠|%(?:25){0,3}40|\\{1,15}(?:u0040|x40)|&(?:#64|#x40|commat);|"
    r"=40(?=(?:[\w-]{1,63}\.){1,10}[A-Za-z]{2,63}\b)(?![\w.+-]{1,128}@))"
)
_MAIL_DOMAIN = rf"(?:\[[\w.:]{{2,60}}\]|[\w{_HIDDEN}](?:[\w.:{_HIDDEN}-]{{0,253}}[\w{_HIDDEN}])?)"
# Where an address breaks off, or hides from programs.
_AT_WORDS = r"(?:\s?[\[(]\s?at\s?[\])]\s?|\s{1,2}@\s{0,2}(?=\w)|@\s{1,8}|@\\r\\n\s?)"
_DOT_WORDS = r"(?:\s?[\[(]dot[\])]\s?|\sdot\s)"
_UNIT = expression(r"[\w\\-]+\.(?:service|socket|timer|slice|scope|mount|target)")
_DOT = expression(_DOT_WORDS)
_NAME_WORD = expression(r"[^\W\d_]+")
_NAME = r"[^\W\d_][\w.’'-]{0,40}(?:,?\s[^\W\d_][\w.’'-]{0,40}){0,4}"
_CAPITAL = r"(?![a-z])[^\W\d_][\w.’'-]{0,40}"
_CAPITALISED = rf"{_CAPITAL}(?:\s(?:(?:von|van|de[lr]?|d[aiu]|la|le|bin|al)\s)?{_CAPITAL}){{0,4}}"
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
    if not domain:  # the line breaks off
        return replace_local(local, mapping) + match["at"]
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


def _replace_spaced(match: re.Match[str], mapping: RedactionMap) -> str:
    """An address with blanks or words where the signs should be, if a host stands behind."""
    dotted = _DOT.sub(".", match["domain"])
    if not is_host(dotted):
        return match[0]
    local = replace_local(match["local"], mapping)
    domain = replace_host(dotted, mapping)
    mapping.remember_address(f"{match['local']}@{dotted}", f"{local}@{domain}")
    return f"{local}{match['at']}{domain}"


def _replace_local(match: re.Match[str], mapping: RedactionMap) -> str:
    start, end = match.start("local") - match.start(), match.end("local") - match.start()
    return match[0][:start] + replace_local(match["local"], mapping) + match[0][end:]


def _replace_name(match: re.Match[str], mapping: RedactionMap) -> str:
    name = match["value"]
    return match[0] if "@" in name or is_empty(name) else replace_group(Kind.NAME)(match, mapping)


def _replace_likely_name(match: re.Match[str], mapping: RedactionMap) -> str:
    """Words beside an address are a name where the address is made of one of them: "Ann Lee <ann@…>"."""
    local = match["local"].casefold()
    is_name = not is_stand_in(local) and any(
        len(word) > 2 and word.casefold() in local for word in _NAME_WORD.findall(match["value"])
    )
    return replace_group(Kind.NAME)(match, mapping) if is_name else match[0]


_SIGNS = ("@", "\uff20", "%40", "%2540", "\\u0040", "\\x40", "&#64;", "&#x40;", "&commat;", "=40")
MAIL_ADDRESSES = (
    Detector(
        _SIGNS,
        expression(
            rf"(?:(?<=['\"])|(?<=To: )|(?<=From: )|(?<=Cc: )|(?<=to=)|(?<=from=)|(?<=ADDRESS=))"
            rf"(?P<value>{_NAME})\\{{0,9}}[\"']?\s{{0,2}}(?=(?:<|\\u003c|&lt;){_LOCAL}{_AT})"
        ),
        _replace_name,
    ),
    Detector(
        ("@",),
        expression(rf"(?<![\w\])}}])\"(?P<value>\w[^\"\\\n@<>{{}}]{{1,80}})\\{{0,9}}\"\s{{0,2}}(?=<{_LOCAL}@)"),
        _replace_name,
    ),
    Detector(
        ("<", "&lt;", "\\u003c"),
        expression(rf"(?P<value>\b{_CAPITALISED})\s{{0,2}}(?=(?:<|\\u003c|&lt;)(?P<local>{_LOCAL})@)"),
        _replace_likely_name,
    ),
    Detector(
        ("@",),
        expression(
            rf"{START}(?P<local>{_LOCAL})@{_MAIL_DOMAIN}(?:>?\s{{0,2}}\(|\\{{0,9}}[\"'](?:,|:|\s?=>)\s?\\{{0,9}}[\"'])"
            rf"(?P<value>{_NAME})(?=\\{{0,9}}[\"')])"
        ),
        _replace_likely_name,
    ),
    Detector(
        ("@",),
        expression(
            rf"(?<=[\"'])(?P<value>{_NAME})(?=\\{{0,9}}[\"'],\s?(?:\\{{0,9}}[\"']\w{{1,20}}\\{{0,9}}[\"']:\s?)?\\{{0,9}}[\"']"
            rf"(?P<local>{_LOCAL})@)"
        ),
        _replace_likely_name,
    ),
    Detector(
        ("] =>",),  # PHP's print_r
        expression(rf"@{_MAIL_DOMAIN}\] => (?P<value>[^\n)\\@\[]{{1,80}}?)(?=\s*(?:[\n)\[]|\\n|$))"),
        replace_group(Kind.NAME),
    ),
    Detector(
        ('"@', '\\"@'),
        expression(r"(?<=\")(?P<value>[^\"\\\n@{}[\]<>:,]{1,64})(?=\\{0,15}\"@[\w\[])"),
        replace_group(Kind.USER),
    ),
    # Whatever RFC 5321 allows before the @, where brackets tell where it begins.
    Detector(
        ("<",),
        expression(r"(?<=<)(?P<local>(?=[\w.+~=-]{0,63}[!#$&'/?^`{|}])[^\s<>@\",:;]{1,64})(?=@[\w.-]{1,253}>)"),
        _replace_local,
    ),
    # The routes of old: user%inner@relay.
    Detector(
        ("%",),
        expression(
            rf"{START}(?P<local>[\w.+-]{{1,64}})(?P<at>%)(?P<domain>[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}})(?=@)"
        ),
        _replace_spaced,
    ),
    Detector(
        ("@",),
        expression(
            rf"{START}(?P<local>(?:SRS[01][=+-][\w.+=-]{{1,100}}=|[\w.-]{{1,60}}[+-])"
            rf"(?P<inner_local>[\w.+-]{{1,64}})=(?:40)?(?P<inner_domain>[\w.-]{{1,200}}))@(?P<domain>{_MAIL_DOMAIN})"
        ),
        _replace_verp,
    ),
    Detector(
        _SIGNS,
        expression(rf"{START}(?P<local>{_LOCAL})(?P<at>{_AT})(?P<domain>{_MAIL_DOMAIN}|(?=\s|\\[rn]|$))"),
        _replace_address,
    ),
    Detector(
        ("(at)", "[at]", " @", "@ ", "@\\r"),
        expression(
            rf"(?i){START}(?P<local>{_LOCAL})(?P<at>{_AT_WORDS})(?P<domain>[\w-]{{1,63}}(?:(?:\.|{_DOT_WORDS})[\w-]{{1,63}}){{1,8}})"
        ),
        _replace_spaced,
    ),
    Detector(
        (" dot ",),
        expression(
            rf"(?i){START}(?P<local>{_LOCAL})(?P<at>\sat\s)(?P<domain>[\w-]{{1,63}}(?:\sdot\s[\w-]{{1,63}}){{1,4}})"
        ),
        _replace_spaced,
    ),
    Detector(
        ("@",),  # Matrix
        expression(r"(?<![\w@])@(?P<local>[\w.=-]{1,64})(?=:[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b)"),
        _replace_local,
    ),
)
"""Names before addresses first, then addresses that hold another one, then all others."""
