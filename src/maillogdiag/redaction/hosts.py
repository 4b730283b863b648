"""Host names: which are kept, since the diagnosis is about them, and what stands for the others."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from maillogdiag.expressions import expression
from maillogdiag.redaction.kept_hosts import KEPT_DOMAINS
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap, is_stand_in
from maillogdiag.redaction.vocabulary import ROLE_HOSTS, words

# Names that are no top-level domains of the internet, but end host names: RFC 2606, 6761, 6762, 8375 and habit.
_PRIVATE_ENDINGS = words(
    """
    arpa corp domain example home internal intern intra intranet invalid lan local localdomain localhost onion
    private test
    """
)
# Top-level domains that are file endings first, in the logs that are read here.
_FILE_ENDINGS = words("py sh md so zip mov ps cc pub java")
# Files whose ending is a top-level domain that has many hosts.
_FILES = words("main.cf master.cf sendmail.cf submit.cf")
# Top-level domains that are attributes first: `message.id`, `settings.host`.
_ATTRIBUTES = words("name id data email host date int open new call post map link page now one run")
_CODE_WORDS = words(
    """
    self this user request response message msg mail email connection conn socket smtp server client config
    settings job item event record logger log logging app args options params session account os sys json time
    errors net mail django zerver rails activejob actionmailer sidekiq
    """
)
# Second-level domains under which names are registered: "co.uk", "com.br".
_SECOND_LEVEL = words("ac co com edu gob gov gouv govt gv ind mil ne net nom nic or org sch")
_NUMBERED_ROLE = expression(r"(?P<role>[a-z]+(?:-[a-z]+)?)-?\d{0,3}")
# Labels below a provider's domain that name the customer or hold an address.
_CUSTOMER_LABEL = expression(
    r"sandbox[0-9a-f]{8,}|hc\d+-\d+|u\d{5,}|.*\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}.*|mx0[a-z]-[0-9a-f]{6,}|d\d{4,}\w?"
)
# An address asked about at a block list, or in a name that a provider made from it.
_REVERSED = expression(r"(?<![\w-])(?:(?:[0-9a-f]\.){16,32}|(?:\d{1,3}\.){4})")
_CUSTOMER_DOMAINS = (
    "mail.protection.outlook.com", "mail.eo.outlook.com", "onmicrosoft.com", "sharepoint.com", "cloud.mattermost.com",
)  # fmt: skip


def replace_host(host: str, mapping: RedactionMap) -> str:
    """Return what stands for `host`: itself for providers and roles, else role or number, and its domain's number."""
    lower = host.rstrip(".").casefold()
    if is_stand_in(lower):
        return host
    labels = lower.split(".")
    if len(labels) == 1:
        return host if _is_role(lower) else mapping.stand_in(Kind.HOST, lower)
    if (kept := _kept_domain(labels)) is not None:
        stand_in = _replace_customer(labels, kept, mapping)
        return host if stand_in == lower else stand_in
    if re.fullmatch(r"domain-\d+", labels[-1]):
        return host
    at = _registered_at(labels)
    domain = mapping.stand_in(Kind.DOMAIN, ".".join(labels[at:]))
    prefix = labels[:at]
    if not all(_is_role(label) for label in prefix):
        prefix = [mapping.stand_in(Kind.HOST, ".".join(prefix))]
    stand_in = ".".join([*prefix, domain])
    mapping.remember_address(lower, stand_in)
    return stand_in


def is_host(name: str) -> bool:
    """Whether a dotted name in running text is a host: its ending must be one, and it must not look like code."""
    labels = name.rstrip(".").casefold().split(".")
    ending = labels[-1]
    is_ending = ending in _PRIVATE_ENDINGS or ending in _top_level_domains() or ending.startswith("xn--")
    if not is_ending or ending in _FILE_ENDINGS or ".".join(labels) in _FILES:
        return False
    is_code = labels[0] in _CODE_WORDS or (ending in _ATTRIBUTES and labels[0].isalpha())
    return not (len(labels) == 2 and is_code) and labels[0] != "self"


def registered_domain(host: str) -> str:
    """Return the part of a host name that one registers: "acme.example" of "mail.acme.example"."""
    labels = host.rstrip(".").casefold().split(".")
    return ".".join(labels[_registered_at(labels) :])


def is_kept(host: str) -> bool:
    """Whether a host belongs to a provider, a block list or a project, which everybody may know."""
    return _kept_domain(host.rstrip(".").casefold().split(".")) is not None


def _is_role(label: str) -> bool:
    found = _NUMBERED_ROLE.fullmatch(label)
    return found is not None and found["role"] in ROLE_HOSTS


def _kept_domain(labels: list[str]) -> str | None:
    for at in range(len(labels)):
        if (domain := ".".join(labels[at:])) in KEPT_DOMAINS:
            return domain
    # Providers with a domain in every country: yahoo.co.uk, gmx.at, hotmail.fr.
    at = _registered_at(labels)
    if labels[at] in {"yahoo", "hotmail", "live", "outlook", "gmx", "yandex", "google", "googlemail", "ionos", "zoho"}:
        return ".".join(labels[at:])
    return None


def _replace_customer(labels: list[str], kept: str, mapping: RedactionMap) -> str:
    """Below a provider's domain, replace what names its customer, or the address that is asked about."""
    name = ".".join(labels)
    prefix = labels[: len(labels) - len(kept.split("."))]
    if address := _REVERSED.search(name):
        stand_in = mapping.stand_in(Kind.PUBLIC_ADDRESS, address[0].rstrip("."))
        return f"{name[: address.start()]}{stand_in}.{name[address.end() :]}"
    tenant = next((domain for domain in _CUSTOMER_DOMAINS if name.endswith("." + domain)), None)
    if tenant is not None:
        customer = name.removesuffix("." + tenant)
        return f"{mapping.stand_in(Kind.HOST, customer)}.{tenant}"
    shown = [mapping.stand_in(Kind.HOST, label) if _CUSTOMER_LABEL.fullmatch(label) else label for label in prefix]
    return ".".join([*shown, kept])


def _registered_at(labels: list[str]) -> int:
    """Index of the label that was registered; everything from there on is the domain."""
    if len(labels) >= 3 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        return len(labels) - 3
    return max(len(labels) - 2, 0)


@cache
def _top_level_domains() -> frozenset[str]:
    text = (files("maillogdiag.redaction") / "top-level-domains.txt").read_text(encoding="ascii")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
