"""IP addresses: those of the public internet are replaced, private ones say how servers stand to each other."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap

# Private, loopback, link-local, shared, unspecified and multicast: they name nobody.
_SHOWN_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/4", "255.255.255.255/32", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
_SHOWN_RESOLVERS = frozenset({"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"})
_VERSION_BEFORE = expression(r"(?i)(?:\b(?:rails|version|release|ver)[ :=]{1,2}|\bv)$")


def replace_ip(text: str, mapping: RedactionMap) -> str:
    """Return what stands for an IP address; `text` itself where it is none, or a private one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if str(address) in _SHOWN_RESOLVERS or any(address in network for network in _SHOWN_NETWORKS):
        return text
    return mapping.stand_in(Kind.PUBLIC_ADDRESS, text)


def is_ip(text: str) -> bool:
    """Whether `text` is an IP address, version 4 or 6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _replace_ipv4(match: re.Match[str], mapping: RedactionMap) -> str:
    """Replace an address, but not a version: Rails' have four parts, too, and stand in every backtrace."""
    before, after = match.string[: match.start()][-12:], match.string[match.end() :][:5]
    is_version = _VERSION_BEFORE.search(before) or (
        after.startswith("/") and before[-2:-1].isalpha() and before.endswith("-")
    )
    if is_version or after in (") lib", ") app"):
        return match[0]
    return replace_ip(match[0], mapping)


def _replace_ipv6(match: re.Match[str], mapping: RedactionMap) -> str:
    """Replace an address; what follows it behind one more colon may be a port."""
    address = match[0].rstrip(":") if not match[0].endswith("::") else match[0]
    head, colon, port = address.rpartition(":")
    for text, rest in ((address, match[0][len(address) :]), (head, colon + port)):
        if is_ip(text):
            return replace_ip(text, mapping) + rest
    return match[0]


def _replace_quoted(match: re.Match[str], mapping: RedactionMap) -> str:
    """Replace an address in a URL's encoding."""
    text = unquote(match[0])
    return replace_ip(text, mapping) if is_ip(text) else match[0]


IP_ADDRESSES = (
    Detector(
        (".",),
        # What tcpdump writes behind it with one more dot is the port.
        expression(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d{1,3}(?!\d))"),
        _replace_ipv4,
    ),
    Detector(
        (":",),
        expression(
            r"(?:(?<![\w:.-])|(?<=IPv6:)|(?<=\\[nrt]))(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{3,45}"
            # Of an IPv4 address within one (::ffff:192.0.2.1) its own detector takes care.
            r"(?![\w:]|(?:\.\d{1,3}){3})"
        ),
        _replace_ipv6,
    ),
    Detector(
        ("%3a", "%2e"),
        expression(
            r"(?i)(?:(?<![0-9a-z])|(?<=%5B))(?:(?:[0-9a-f]{0,4}%3A){2,7}[0-9a-f]{1,4}|\d{1,3}(?:%2E\d{1,3}){3})(?![0-9a-z])"
        ),
        _replace_quoted,
    ),
)
"""IPv4 and IPv6 addresses in running text."""
