"""Accounts: user names and ids."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector, keyed, paired, replace_group, replace_keyed
from maillogdiag.redaction.hosts import is_host
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mail_addresses import replace_local
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.vocabulary import is_common_word, is_prose, words

# What may stand where a user's name does, in paths and sentences.
_NO_USERS = words(
    """
    accounts and api are attach autocomplete confirmation ids image invite known login logout me mfa password patch
    preferences reset search sessions sign_in sign_up stats status statuses tokens username the verify was with
    """
)
_USER_KEYS = (
    r"(?:sasl_|smtp_?|email_host_|mail_smtp|auth_?|postgres_|db_)?(?:user_?name|user|login|ruser|smtpname|account)"
    r"|mail_from_address|auth\w{0,30}_identity|set_?user(?:_?name)?|set_id"
)
# What stands behind "user" and is one: in quotes, or at a phrase's end.
_ACCOUNT = r"(?:user(?:[ _]?name)?|mailbox|account|login|local[- ]part|recipient)"
_OBJECT = r"(?:User|Account|Member|Customer|Subscriber|Contact|Profile)"
_ID_KEYS = (
    r"(?:user|account|team|channel|post|session|phone|device|request|req|realm|ack|client|sender|recipient|"
    r"invocation|machine|boot|correlation)_?id|\brid|__cursor|\bsession|phone(?:_?number)?"
)


def _replace_user_value(match: re.Match[str], mapping: RedactionMap) -> str:
    value = match["bare"] if match["bare"] is not None else match["value"]
    return value if "@" in value else replace_local(value, mapping)


def _replace_user(match: re.Match[str], mapping: RedactionMap) -> str:
    user = match["value"]
    if user.casefold() in _NO_USERS or is_common_word(user) or is_prose(user) or ("." in user and is_host(user)):
        return match[0]
    return replace_group(Kind.USER)(match, mapping)


def _replace_ids(match: re.Match[str], mapping: RedactionMap) -> str:
    return match["before"] + re.sub(r"\d+", lambda number: mapping.stand_in(Kind.ID, number[0]), match["ids"])


ACCOUNTS = (
    Detector(
        ("gid:", "gid%3a"),
        expression(
            r"gid(?::|%3A)(?:\\{0,15}/|%2F){2}[\w.-]{1,60}(?:\\{0,15}/|%2F)[\w:]{1,80}?(?:\\{0,15}/|%2F)(?P<value>[\w-]{1,64})"
        ),
        replace_group(Kind.ID),
    ),
    # The same in Base64, as Rails passes it in links.
    Detector(("z2lkoi8v",), expression(r"\b(?P<value>Z2lkOi8v[\w+/=-]{4,300})"), replace_group(Kind.ID)),
    Detector(
        ("user", "account", "member", "customer", "subscriber", "contact", "profile"),
        expression(
            rf"(?:\b{_OBJECT}(?:#|:|\(| #| id[=:]\s?|\\{{0,15}}\",\s?)|\baccount #|(?<=_id: ))(?P<value>\d{{2,20}})\b"
        ),
        replace_group(Kind.ID),
    ),
    Detector(
        ("<user",), expression(r"<User(?:Profile)?: (?:\d{1,20} )?(?P<value>[\w.-]{2,64})(?=[>\s])"), _replace_user
    ),
    Detector(
        ("+", "tel:"),
        expression(
            r"(?<![\w.:+-])(?:tel:)?(?P<value>\+(?=(?:[ .()-]{0,2}\d){8,15}(?!\d))[1-9][\d .()-]{6,24}\d)(?![\w:])"
        ),
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
        ("user", "login", "account", "name", "mail_from_address", "identity", "set_id"),
        expression("(?i)" + keyed(_USER_KEYS)),
        replace_keyed(Kind.USER, _replace_user_value),
    ),
    Detector(("user", "login"), expression("(?i)" + paired(_USER_KEYS)), replace_keyed(Kind.USER, _replace_user_value)),
    Detector(
        ("user", "mailbox", "account", "login", "local", "recipient"),
        expression(rf"(?i)\b{_ACCOUNT} (?:\\{{0,15}}[\"']|`)(?P<value>[\w.+-]{{2,64}})(?=\\{{0,15}}[\"'`])"),
        _replace_user,
    ),
    Detector(
        ("user", "mailbox", "account", "local", "recipient"),
        expression(
            rf"(?im)(?<![\w-]){_ACCOUNT}: (?P<value>[A-Za-z][\w.+-]{{1,63}})"
            rf"(?=[ \t]*(?:$|[\n,;)\]}}\"'|\\]|[\w.-]{{1,60}}: ))"
        ),
        _replace_user,
    ),
    Detector(
        ("--", " -"),
        expression(
            r"(?:(?<=\s)(?:--[\w-]{0,30}user(?:name)?[ =]|-(?:xu|au) )|"
            r"\b(?:docker login|testsaslauthd|my\w{2,10}|psql)\b[^\n|;]{0,100}?\s-[uU] ?)"
            r"\\{0,15}[\"']?(?P<value>[A-Za-z][\w.+-]{1,63})(?![\w@:=/.])"
        ),
        _replace_user,
    ),
    Detector(
        ("id=", 'id"', "id'", "id:", "id\\", "cursor", "session", "phone"),
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
        expression(
            r"(?i)\buser (?P<value>[\w.-]{3,64})(?=:? (?:not found|unknown|is not|does not|doesn't|has no|"
            r"cannot|could not|mailbox|over quota|\(id)\b)"
        ),
        _replace_user,
    ),
    Detector(
        ("from=<", "to=<", "f=<", "to:<", "from:<", ">: ", "... "),
        expression(
            r"(?:\b(?:from|to|orig_to|F)=<|\b(?:TO|FROM):<|\b[45]\d\d[ -](?:\d\.\d{1,3}\.\d{1,3} )?<?)"
            r"(?P<value>(?!E[A-Z]{3})[\w.+-]{2,64}?)"
            r"(?=>|\.\.\. (?:User|Mailbox|Relaying|No such|Unknown|Recipient|Account|Address|Local)\b)"
        ),
        _replace_user,
    ),
    Detector(
        ("user ",),
        expression(
            r"(?i)\b(?:user (?:not found|unknown|does not exist): |"
            r"(?:no such|unknown) (?:user|mailbox|recipient|account):? (?=\S{1,64}(?: here|$)))"
            r"(?P<value>[\w.-]{3,64})(?![@\w])"
        ),
        _replace_user,
    ),
    Detector(
        ("sql(", "pam(", "passwd-file(", "ldap("),  # Dovecot's databases of users
        expression(r"\b(?:sql|pam|passwd-file|ldap)\((?P<value>[\w.+-]{2,64})(?=,)"),
        _replace_user,
    ),
    Detector(
        ("/mail/", "/vmail/", "/vhosts/"),
        expression(
            r"/(?:var/(?:spool/)?mail|vmail)/(?:vhosts/)?(?:\w/)?(?:[\w-]+(?:\.[\w-]+){1,4}/)?(?P<value>[A-Za-z][\w+-]{2,63})(?![\w.@])"
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
        expression(r"(?i)\b(?:for|of|by|as|invalid) user (?P<value>[\w.-]{3,64})(?![@\w])"),
        _replace_user,
    ),
    Detector(
        ("/", "users\\", "~", "uid=", "delivered-to"),
        expression(
            r"(?:/home/|/Users/|/users/|/@|~|Users\\{1,15}|uid=\d{1,10}\(|Delivered-To: )"
            r"(?P<value>[A-Za-z][\w.-]{1,63})(?![\w.@])"
        ),
        _replace_user,
    ),
)
"""Users and ids by their keys, and where they stand in paths and sentences."""
