"""Personal values: whose mail it was, and whose server it is."""

from __future__ import annotations

import ipaddress
import re

from maillogdiag.redaction.detecting import START, Detector, is_empty, keyed, replace_group, replace_keyed
from maillogdiag.redaction.hosts import is_host, is_kept, replace_host
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap, is_stand_in
from maillogdiag.redaction.vocabulary import ROLE_USERS, is_common_word, words

# Characters without width may stand in an address to hide it from a search.
_HIDDEN = "\u00ad\u200b-\u200f\u2060\ufeff"
_LOCAL = rf"[\w{_HIDDEN}](?:[\w.+~{_HIDDEN}-]|%2[Bb]){{0,127}}"
_AT = r"(?:@|%40|\\u0040|&#64;|=40)"
_MAIL_DOMAIN = rf"\[?[\w{_HIDDEN}](?:[\w.:{_HIDDEN}-]{{0,253}}[\w{_HIDDEN}])?\]?"
_UNIT = re.compile(r"[\w\\-]+\.(?:service|socket|timer|slice|scope|mount|target)")
_BEFORE_MESSAGE = re.compile(r"(?i)(?:message-?id\W{0,12}|(?:delivered|sent) mail )$")
_MESSAGE_LOCAL = re.compile(r"[0-9a-f]{8,20}_[0-9a-f-]{4,30}|\d{12,20}\.\d+\.\d+(?:\.\d+)?")
# Private, loopback, link-local, shared and unspecified: they say how the servers stand to each other, and name nobody.
_SHOWN_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/4", "255.255.255.255/32", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
_SHOWN_RESOLVERS = frozenset({"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"})
_FILE_ENDING = re.compile(r"(?i)\.(?:html?|log|txt|php|pem|crt|cer|key|conf|cfg|json|ya?ml|gz|zip|xml)$")
_VERSION_BEFORE = re.compile(r"(?i)(?:\b(?:rails|version|release|ver)[ :=]{1,2}|\bv)$")
_PATH_WORDS = words(
    """
    api attach autocomplete confirmation ids image invite known login logout me mfa password patch preferences
    reset search sessions sign_in sign_up stats status statuses tokens username verify
    """
)


def _replace_address(match: re.Match[str], mapping: RedactionMap) -> str:
    local, domain = match["local"], match["domain"]
    is_instance = _UNIT.fullmatch(domain) or (domain.isdigit() and len(domain) < 4)
    if is_instance or match.string[match.end() : match.end() + 1] == "(":
        return match[0]
    before = match.string[max(match.start() - 24, 0) : match.start()]
    is_message = bool(_MESSAGE_LOCAL.fullmatch(local) or _BEFORE_MESSAGE.search(before))
    new_local = _replace_local(local, mapping, is_message=is_message)
    new_domain = _replace_mail_domain(domain, mapping)
    mapping.remember_address(f"{local}@{domain}", f"{new_local}@{new_domain}")
    return f"{new_local}{match['at']}{new_domain}"


def _replace_local(local: str, mapping: RedactionMap, *, is_message: bool = False) -> str:
    plain = local.replace("%2B", "+").replace("%2b", "+")
    if is_stand_in(plain) or plain.casefold() in ROLE_USERS:
        return local
    if plain.casefold().startswith("noreply-"):
        # Zulip's reply address with a token: that it has one is what some providers refuse.
        return "noreply-" + mapping.stand_in(Kind.TOKEN, plain[8:])
    return mapping.stand_in(Kind.MESSAGE if is_message else Kind.USER, plain)


def _replace_mail_domain(domain: str, mapping: RedactionMap) -> str:
    if domain.startswith("["):
        return "[" + _replace_ip_text(domain.strip("[]").removeprefix("IPv6:"), mapping) + "]"
    head, colon, port = domain.partition(":")
    is_ip = re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", head)
    return (_replace_ip_text(head, mapping) if is_ip else replace_host(head, mapping)) + colon + port


def _replace_verp(match: re.Match[str], mapping: RedactionMap) -> str:
    """An envelope sender that holds the recipient: VERP and SRS."""
    mapping.remember_address(f"{match['inner_local']}@{match['inner_domain']}", match[0])
    return f"{mapping.stand_in(Kind.USER, match['local'])}@{_replace_mail_domain(match['domain'], mapping)}"


def _replace_host(match: re.Match[str], mapping: RedactionMap) -> str:
    host, ending = match["host"], ""
    if file_ending := _FILE_ENDING.search(host):
        # A page or a file that is called after a host: "remote.example.net.html".
        host, ending = host[: file_ending.start()], file_ending[0]
    return replace_host(host, mapping) + ending if is_host(host) or is_kept(host) else match[0]


def _replace_named_host(match: re.Match[str], mapping: RedactionMap) -> str:
    """A host in a place where only hosts stand: it needs no known ending, not even a dot."""
    host = match["host"]
    if host.isdigit() or is_common_word(host) or _replace_ip_text(host, mapping) != host or not host.strip("."):
        return match[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        start, end = match.start("host") - match.start(), match.end("host") - match.start()
        return match[0][:start] + replace_host(host, mapping) + match[0][end:]
    return match[0]


def _replace_ip(match: re.Match[str], mapping: RedactionMap) -> str:
    return _replace_ip_text(match[0], mapping)


def _replace_ipv4(match: re.Match[str], mapping: RedactionMap) -> str:
    """Replace an address, but not a version: Rails' have four parts, too, and stand in every backtrace."""
    before, after = match.string[: match.start()][-12:], match.string[match.end() :][:5]
    is_version = _VERSION_BEFORE.search(before) or (
        after.startswith("/") and before[-2:-1].isalpha() and before.endswith("-")
    )
    if is_version or after in (") lib", ") app"):
        return match[0]
    return _replace_ip_text(match[0], mapping)


def _replace_ip_text(text: str, mapping: RedactionMap) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if str(address) in _SHOWN_RESOLVERS or any(address in network for network in _SHOWN_NETWORKS):
        return text
    return mapping.stand_in(Kind.PUBLIC_ADDRESS, text)


def _replace_user_value(match: re.Match[str], mapping: RedactionMap) -> str:
    value = match["bare"] if match["bare"] is not None else match["value"]
    return value if "@" in value else _replace_local(value, mapping)


def _replace_path_user(match: re.Match[str], mapping: RedactionMap) -> str:
    user = match["value"]
    if user.casefold() in _PATH_WORDS or is_common_word(user):
        return match[0]
    return replace_group(Kind.USER)(match, mapping)


def _replace_name(match: re.Match[str], mapping: RedactionMap) -> str:
    name = match["value"]
    return match[0] if "@" in name or is_empty(name) else replace_group(Kind.NAME)(match, mapping)


_USER_KEYS = (
    r"(?:sasl_|smtp_?|email_host_|mail_smtp|auth_?|postgres_|db_)?(?:user_?name|user|login|ruser|smtpname|account)"
)
_ID_KEYS = (
    r"(?:\w{0,20}_)?(?:user|account|team|channel|post|session|device|request|realm|ack|client|message|sender|recipient|"
    r"invocation|machine|boot|correlation)_?id|rid|remote_?addr_?id|_machine_id|_boot_id|__cursor"
)
_NAME_KEYS = r"\w{0,30}(?:full_?name|realm_name|display_?name|first_?name|last_?name|real_?name|site_?name|company)"
_TEXT_KEYS = (
    r"(?:rendered_)?content|subject|html_body|text_body|user_?agent|topic(?:_name)?|stream_name|channel_name|body"
)
_HOST_KEYS = (
    r"_?hostname|nodename|myhostname|mydomain|helo|ehlo|lhlo|smtp_domain|local_domain|web_domain|external_host|rhost|"
    r"host|smtp_server|smtp_?host|email_host|site_?url|realm_host|domain|server_name"
)

PERSONAL = (
    Detector(
        ("mozilla/",),
        re.compile(r"(?P<value>Mozilla/\d\.\d \([^)]{0,300}\)[^\"'\]\n\\]{0,300})"),
        replace_group(Kind.TEXT),
    ),
    Detector(
        ("subject:",),
        re.compile(r"(?im)(?:^|\\n|\s)Subject: (?P<value>.{1,300}?)(?=\\r|\\n|$)"),
        replace_group(Kind.TEXT),
    ),
    Detector(
        ("content", "subject", "agent", "topic", "_name", "body"),
        re.compile("(?i)" + keyed(_TEXT_KEYS, bare=r"(?!)", most=4_000)),
        replace_keyed(Kind.TEXT),
    ),
    Detector(
        ("name", "company"),
        re.compile("(?i)" + keyed(_NAME_KEYS, bare=r"[^\s,;&'\"<>)}\]\\]{1,100}")),
        replace_keyed(Kind.NAME),
    ),
    Detector(
        ("@", "%40", "\\u0040"),
        re.compile(
            rf"(?:(?<=['\"])|(?<=To: )|(?<=From: )|(?<=Cc: )|(?<=to=))"
            rf"(?P<value>[^\W\d_][\w.’-]{{0,40}}(?:\s[^\W\d_][\w.’-]{{0,40}}){{0,4}})\\{{0,9}}[\"']?\s{{0,2}}"
            rf"(?=(?:<|\\u003c|&lt;){_LOCAL}{_AT})"
        ),
        _replace_name,
    ),
    Detector(
        ("@",),
        re.compile(
            rf"{START}(?P<local>(?:SRS[01][=+-][\w.+=-]{{1,100}}=|[\w.-]{{1,60}}[+-])"
            rf"(?P<inner_local>[\w.+-]{{1,64}})=(?P<inner_domain>[\w.-]{{1,200}}))@(?P<domain>{_MAIL_DOMAIN})"
        ),
        _replace_verp,
    ),
    Detector(
        ("@", "%40", "\\u0040", "&#64;", "=40"),
        re.compile(rf"{START}(?P<local>{_LOCAL})(?P<at>{_AT})(?P<domain>{_MAIL_DOMAIN})"),
        _replace_address,
    ),
    Detector(
        ("gid://",),
        re.compile(r"gid://[\w.-]{1,60}/[\w:]{1,80}/(?P<value>[\w-]{1,64})"),
        replace_group(Kind.ID),
    ),
    Detector(
        ("arn:aws",),
        re.compile(r"arn:aws[\w-]{0,10}:[\w-]{0,20}:[\w-]{0,20}:(?P<value>\d{12})"),
        replace_group(Kind.ID),
    ),
    Detector(
        ("arn:aws",), re.compile(r"arn:aws[\w:-]{1,60}:user/(?P<value>[\w.+=,-]{1,64})"), replace_group(Kind.USER)
    ),
    Detector(
        ("user", "login", "account", "name"),
        re.compile("(?i)" + keyed(_USER_KEYS)),
        replace_keyed(Kind.USER, _replace_user_value),
    ),
    Detector(("id",), re.compile("(?i)" + keyed(_ID_KEYS, bare=r"[\w.:;-]{2,200}")), replace_keyed(Kind.ID)),
    Detector(("uid=",), re.compile(r"\buid=(?P<value>[a-z0-9]{20,40})\b"), replace_group(Kind.ID)),
    Detector(
        ("(triggered from ", " realm ", "realm:"),
        re.compile(r"(?:\] in (?P<value>[\w.-]{1,80})(?= \(triggered))"),
        replace_group(Kind.HOST),
    ),
    Detector(
        ("<realm:", "realm "), re.compile(r"<Realm: (?P<value>[^>\d][^>]{0,80}?)(?= \d+>|>)"), replace_group(Kind.NAME)
    ),
    Detector(
        ("user ",),
        re.compile(r"(?i)\buser (?P<value>[\w.-]{3,64})(?= (?:not found|is not|does not|has no|cannot|could not)\b)"),
        _replace_path_user,
    ),
    Detector(
        ("user ",),
        re.compile(r"(?i)\b(?:for|of|by|invalid) user (?P<value>[\w.-]{3,64})(?![@\w])"),
        _replace_path_user,
    ),
    Detector(
        ("helo", "host", "domain", "siteurl", "site_url", "server_name"),
        re.compile(
            "(?i)"
            + keyed(_HOST_KEYS, bare=r"[\w.-]{1,253}(?![\w(])").replace("?P<value>.{0,300}?", "?P<value>[\\w.-]{1,253}")
        ),
        replace_keyed(Kind.HOST, lambda match, mapping: _replace_host_value(match, mapping)),
    ),
    Detector(
        ("ehlo ", "helo ", "lhlo "),
        re.compile(r"(?i)\b(?:EHLO|HELO|LHLO) \[?(?P<host>[\w](?:[\w.-]{0,252}\w)?)"),
        _replace_named_host,
    ),
    Detector(
        ("/",),
        re.compile(r"(?:/home/|/Users/|/users/|/@|~)(?P<value>[A-Za-z][\w.-]{1,63})(?![\w.@])"),
        _replace_path_user,
    ),
    Detector(
        (".",),
        re.compile(
            rf"{START}(?P<host>[\w](?:[\w-]{{0,62}}\.){{1,10}}[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9]))(?![\w(])"
        ),
        _replace_host,
    ),
    Detector(
        (".",),
        re.compile(r"(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?!\d|\.\d)"),
        _replace_ipv4,
    ),
    Detector(
        (":",),
        re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:|:(?=:)){1,7}(?::?[0-9A-Fa-f]{1,4})?:{0,2}(?![\w:])"),
        _replace_ip,
    ),
)
"""In this order: what one replaced is none of the next one's."""


def _replace_host_value(match: re.Match[str], mapping: RedactionMap) -> str:
    value = match["bare"] if match["bare"] is not None else match["value"]
    if is_common_word(value) or value.isdigit() or not value.strip(".") or re.fullmatch(r"[\d.]+", value):
        return value
    return replace_host(value, mapping)
