"""What people wrote: names, subjects, bodies, and the browsers they wrote with."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import QUOTE, Detector, keyed, replace_group, replace_keyed
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap

_NAME_KEYS = r"(?:(?:full|from|sender|to|recipient|nick|realm|display|first|last|real|site|feedback)_?-?name|company)"
_TEXT_KEYS = (
    r"(?:rendered_)?content|subject|html_body|text_body|user_?agent|topic(?:_name)?|stream_name|channel_name|body|html"
)
_API_ANSWER = expression(
    r"\\{0,15}[{\[]{1,2}\\{0,15}[\"'](?:errors?|message|code|status|name|detail|ErrorCode)\\{0,15}[\"']"
)
_SUBJECT = r"Subject|Betreff|Objet|Asunto|Onderwerp"
_PERSON = r"[A-Z][\w’-]{1,30}(?: [A-Z][\w’.-]{1,30}){1,3}"


def _replace_text(match: re.Match[str], mapping: RedactionMap) -> str:
    """What somebody wrote; the body of what a provider's API answered is what it refused the mail for."""
    is_answer = match["value"] is not None and _API_ANSWER.match(match["value"])
    return match[0] if is_answer else replace_keyed(Kind.TEXT)(match, mapping)


WRITINGS = (
    Detector(
        ("mozilla/",),
        expression(r"(?P<value>Mozilla/\d\.\d \([^)]{0,300}\)[^\"'\]\n\\]{0,300})"),
        replace_group(Kind.TEXT),
    ),
    Detector(
        ("subject:", "betreff:", "objet:", "asunto:", "onderwerp:"),
        # To the end of the line, of the JSON string, or of what Postfix quotes of a header.
        expression(
            rf"(?im)(?:^|\\n|[\s\"'=m<(])(?:{_SUBJECT}): (?P<value>.{{1,300}}?)"
            r"(?=\\{1,15}[rn]|\\{0,15}[\"']\s{0,3}(?:[,}\])]|$)|>[>,]| from [\w.-]{1,253}\[[^\]\s]{1,60}\]; |$)"
        ),
        replace_group(Kind.TEXT),
    ),
    # Of a certificate it is a name, which hosts are searched for.
    Detector(
        ("subject",),
        expression(
            r"(?i)\bsubject(?:=(?!/?\s?[A-Z]{1,2}\s?=)(?=[^&;,\n]{0,300}(?: |%20|\+))"
            r"(?P<bare>[^\"'\\&;,\n]{1,300}?)(?=$|[&;,\n]|\s[\w.-]{1,40}=)|\s(?P<sign>\\{0,15}[\"'`])(?P<value>[^\n]{1,300}?)(?:(?P=sign)|'))"
        ),
        replace_keyed(Kind.TEXT),
    ),
    Detector(
        ("dear ", "hello ", "hi ", "hallo ", "liebe", "bonjour "),
        expression(
            r"\b(?:Dear|Hello|Hi|Hallo|Liebe|Lieber|Bonjour) (?!World)"
            r"(?P<value>[^\W\d_a-z][\w.’-]{1,40}(?: [^\W\d_][\w.’-]{1,40}){0,3})(?=[,!])"
        ),
        replace_group(Kind.NAME),
    ),
    # A header's encoded words (RFC 2047), and Zulip's links to conversations.
    Detector(("=?",), expression(r"=\?[\w-]{2,30}\?[BbQq]\?(?P<value>[^?\s]{1,500})\?="), replace_group(Kind.TEXT)),
    Detector(("#narrow/",), expression(r"#narrow/(?P<value>[^\s\"'<>)\\]{1,300})"), replace_group(Kind.TEXT)),
    Detector(
        ('t="', "t=\\"),
        expression(rf"\bT={QUOTE}(?P<value>.{{1,300}}?)(?P=quote)(?= |$)"),
        replace_group(Kind.TEXT),
    ),
    Detector(
        ("content", "subject", "agent", "topic", "_name", "body", "html"),
        expression("(?i)" + keyed(_TEXT_KEYS, bare=r"(?!)", most=4000)),
        _replace_text,
    ),
    Detector(
        ("name", "company"),
        expression("(?i)" + keyed(_NAME_KEYS, bare=r"[^\s,;&'\"<>)}\]\\]{1,100}", is_ending=True)),
        replace_keyed(Kind.NAME),
    ),
    # What is called no more than "name" is a person's where it is written as one.
    Detector(
        ("name",),
        expression(
            rf"(?i:\bname)(?:\\{{0,15}}[\"'])?\s?(?:=>|[=:])\s?(?:{QUOTE}(?P<value>{_PERSON})(?P=quote)|(?P<bare>{_PERSON}))"
        ),
        replace_keyed(Kind.NAME),
    ),
    Detector(
        (" name=",),
        expression(r"\bid=\d{1,20} name=(?P<value>[^\W\d_][\w.-]{1,60})"),
        replace_group(Kind.NAME),
    ),
)
"""Browsers, subjects, bodies and names; before all else, since they may hold anything."""
