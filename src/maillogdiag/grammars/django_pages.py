"""Django's error page as text: what admins paste, and what Django mails to ADMINS.

Only its head and the table below it are read (django/views/templates/technical_500.txt); the frames further down
are a traceback of its own shape.
"""

from __future__ import annotations

import re

import pyparsing as pp

from maillogdiag.expressions import expression
from maillogdiag.grammars.parts import parse_parts
from maillogdiag.grammars.python_traceback import NETWORK_CLASS, SMTP_CLASS, is_smtp_exception

_CLASS = rf"(?:[A-Za-z_]\w{{0,40}}\.){{0,4}}(?:{SMTP_CLASS}|{NETWORK_CLASS})"
_FIELD = (
    r"(?:Request (?:Method|URL)|Django Version|Exception (?:Type|Value|Location)|Python (?:Executable|Version|Path)"
    r"|Server time|Raised during|Traceback)\b"
)
_UNTIL_FIELD = rf"(?P<value>(?:(?!\n\s{{0,20}}{_FIELD}).){{0,2000}})"

# page := class " at " path value [table]
_HEAD = pp.Regex(rf"(?s)\W{{0,4}}(?P<class>{_CLASS}) at (?P<path>/\S{{0,300}}){_UNTIL_FIELD}")
# table := … "Exception Type:" class "Exception Value:" value ["Exception Location:" place] …
_TYPE = pp.Regex(rf"Exception Type:\s{{0,20}}(?P<class>{_CLASS})\b(?: at (?P<path>/\S{{0,300}}))?")
_VALUE = pp.Regex(rf"(?s)Exception Value:{_UNTIL_FIELD}")
_LOCATION = expression(r"Exception Location:\s{0,20}(?P<place>[^\n]{1,400})")
_MAIL_PLACE = expression(r"smtplib\.py|django[/\\]core[/\\]mail[/\\]")
# Clients of HTTP, Redis, databases and queues wrap the socket's exception in their own; smtplib lets it through.
_SOCKET_PLACE = expression(r"[/\\](?:socket|ssl)\.py\b")
_MAIL_PAGE = expression(
    r"mail|regist|sign-?_?up|password|reset|contact|invite|confirm|activat|verif|subscri|feedback|account|users?/",
    re.IGNORECASE,
)


def read_page(text: str) -> str | None:
    """Return class and text of the exception of an error page about outgoing mail; None for any other text."""
    head = parse_parts(_HEAD, text)
    at = text.find("Exception Type:")
    parts = parse_parts(_TYPE, text[at:]) if at >= 0 else head
    if parts is None or not _is_mail(parts["class"], parts.get("path") or (head or parts).get("path", ""), text):
        return None
    value_at = text.find("Exception Value:")
    value = parse_parts(_VALUE, text[value_at:]) if value_at >= 0 else head
    words = value["value"].strip() if value else ""
    if not words and head is not None:
        words = head["value"].strip()
    return f"{parts['class']}: {words}" if words else parts["class"]


def _is_mail(name: str, path: str, text: str) -> bool:
    if is_smtp_exception(name):
        return True
    place = _LOCATION.search(text)
    if place is None:
        return bool(_MAIL_PAGE.search(path)) or "smtplib.py" in text
    return bool(_MAIL_PLACE.search(text) or _SOCKET_PLACE.search(place["place"]))
