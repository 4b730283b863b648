"""Accounts: user names, ids, people's names, and what they wrote."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import QUOTE, Detector, keyed, replace_group, replace_keyed
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mail_addresses import replace_local
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.vocabulary import is_common_word, words

# What may stand where a user's name does, in paths and sentences.
_NO_USERS = words(
    """
    accounts and api are attach autocomplete confirmation ids image invite known login logout me mfa password patch
    preferences reset search sessions sign_in sign_up stats status statuses tokens username the verify was with
    """
)
_USER_KEYS = (
    r"(?:sasl_|smtp_?|email_host_|mail_smtp|auth_?|postgres_|db_)?(?:user_?name|user|login|ruser|smtpname|account)"
    r"|mail_from_address"
)
_ID_KEYS = (
    r"(?:user|account|team|channel|post|session|device|request|req|realm|ack|client|sender|recipient|"
    r"invocation|machine|boot|correlation)_?id|\brid|__cursor"
)
_NAME_KEYS = r"(?:(?:full|from|sender|to|recipient|nick|realm|display|first|last|real|site)_?name|company)"
_TEXT_KEYS = (
    r"(?:rendered_)?content|subject|html_body|text_body|user_?agent|topic(?:_name)?|stream_name|channel_name|body"
)


def _replace_user_value(match: re.Match[str], mapping: RedactionMap) -> str:
    value = match["bare"] if match["bare"] is not None else match["value"]
    return value if "@" in value else replace_local(value, mapping)


def _replace_user(match: re.Match[str], mapping: RedactionMap) -> str:
    user = match["value"]
    if user.casefold() in _NO_USERS or is_common_word(user):
        return match[0]
    return replace_group(Kind.USER)(match, mapping)


def _replace_ids(match: re.Match[str], mapping: RedactionMap) -> str:
    return match["before"] + re.sub(r"\d+", lambda number: mapping.stand_in(Kind.ID, number[0]), match["ids"])


WRITINGS = (
    Detector(
        ("mozilla/",),
        expression(r"(?P<value>Mozilla/\d\.\d \([^)]{0,300}\)[^\"'\]\n\\]{0,300})"),
        replace_group(Kind.TEXT),
    ),
    Detector(
        ("subject:",),
        # To the end of the line, of the JSON string, or of what Postfix quotes of a header.
        expression(
            r"(?im)(?:^|\\n|[\s\"'=m])Subject: (?P<value>.{1,300}?)"
            r"(?=\\{1,15}[rn]|\\{0,15}[\"']\s{0,3}(?:[,}\])]|$)| from [\w.-]{1,253}\[[^\]\s]{1,60}\]; |$)"
        ),
        replace_group(Kind.TEXT),
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
        ("content", "subject", "agent", "topic", "_name", "body"),
        expression("(?i)" + keyed(_TEXT_KEYS, bare=r"(?!)", most=4000)),
        replace_keyed(Kind.TEXT),
    ),
    Detector(
        ("name", "company"),
        expression("(?i)" + keyed(_NAME_KEYS, bare=r"[^\s,;&'\"<>)}\]\\]{1,100}", is_ending=True)),
        replace_keyed(Kind.NAME),
    ),
)
"""Browsers, subjects, bodies and names; before all else, since they may hold anything."""

ACCOUNTS = (
    Detector(
        ("gid://",),
        expression(r"gid://[\w.-]{1,60}/[\w:]{1,80}/(?P<value>[\w-]{1,64})"),
        replace_group(Kind.ID),
    ),
    Detector(
        ("arn:aws",),
        expression(r"arn:aws[\w-]{0,10}:[\w-]{0,20}:[\w-]{0,20}:(?P<value>\d{12})"),
        replace_group(Kind.ID),
    ),
    Detector(
        ("arn:aws",), expression(r"arn:aws[\w:-]{1,60}:user/(?P<value>[\w.+=,-]{1,64})"), replace_group(Kind.USER)
    ),
    Detector(
        ("user", "login", "account", "name", "mail_from_address"),
        expression("(?i)" + keyed(_USER_KEYS)),
        replace_keyed(Kind.USER, _replace_user_value),
    ),
    Detector(
        ("id=", 'id"', "id'", "id:", "id\\", "cursor"),
        expression("(?i)" + keyed(_ID_KEYS, bare=r"[\w.:;-]{2,200}", is_ending=True)),
        replace_keyed(Kind.ID),
    ),
    Detector(
        ("id",),
        expression(
            r"(?i)(?P<before>(?:user|account|stream|recipient|message|realm|device)_?ids\\{0,15}[\"']?\s?(?:=>|:|=)\s?\[)"
            r"(?P<ids>[\d,\s]{1,2000})"
        ),
        _replace_ids,
    ),
    # Django writes the account's id in Base64 before the token.
    Detector(("/reset/",), expression(r"/reset/(?P<value>[\w-]{1,30})/(?=token-\d)"), replace_group(Kind.ID)),
    Detector(
        ("__cursor=",), expression(r"\b__CURSOR=(?P<value>s=[0-9a-f]{8,40}[\w;=]{0,200})"), replace_group(Kind.ID)
    ),
    Detector(
        ("user_profile ", "user id ", "account id "),
        expression(r"(?i)\b(?:user_profile|user id|account id) (?P<value>\d{2,20})\b"),
        replace_group(Kind.ID),
    ),
    Detector(("uid=",), expression(r"\buid=(?P<value>[a-z0-9]{20,40})\b"), replace_group(Kind.ID)),
    Detector(
        ("(triggered",),
        expression(r"(?:\] in (?P<value>[\w.-]{1,80})(?= \(triggered))"),
        replace_group(Kind.HOST),
    ),
    Detector(
        ("<realm:", "realm "), expression(r"<Realm: (?P<value>[^>\d][^>]{0,80}?)(?= \d+>|>)"), replace_group(Kind.NAME)
    ),
    Detector(
        ("user ",),
        expression(r"(?i)\buser (?P<value>[\w.-]{3,64})(?= (?:not found|is not|does not|has no|cannot|could not)\b)"),
        _replace_user,
    ),
    Detector(
        ("from=<", "to=<", "f=<"),
        expression(r"\b(?:from|to|orig_to|F)=<(?P<value>[\w.+-]{2,64})>"),
        _replace_user,
    ),
    Detector(
        ("user ",),
        expression(r"(?i)\buser (?:not found|unknown|does not exist): (?P<value>[\w.-]{3,64})(?![@\w])"),
        _replace_user,
    ),
    Detector(
        ("/mail/", "/vmail/", "/vhosts/"),
        expression(
            r"/(?:var/(?:spool/)?mail|vmail)/(?:vhosts/)?(?:[\w-]+(?:\.[\w-]+){1,4}/)?(?P<value>[A-Za-z][\w+-]{2,63})(?![\w.@])"
        ),
        _replace_user,
    ),
    Detector(
        ("{", "map["),
        expression(r"(?i)(?<=[\[{ ])(?:smtp)?(?:user_?name|login|nick_?name):(?P<value>[\w.-]{2,64})(?=[\s\]}])"),
        _replace_user,
    ),
    Detector(
        ("user ",),
        expression(r"(?i)\b(?:for|of|by|invalid) user (?P<value>[\w.-]{3,64})(?![@\w])"),
        _replace_user,
    ),
    Detector(
        ("/",),
        expression(r"(?:/home/|/Users/|/users/|/@|~)(?P<value>[A-Za-z][\w.-]{1,63})(?![\w.@])"),
        _replace_user,
    ),
)
"""Users and ids by their keys, and where they stand in paths and sentences."""
