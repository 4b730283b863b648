"""Passwords and keys by the names that settings, programs and people give them."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector, keyed, paired, quoted, replace_group, replace_keyed
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.vocabulary import is_common_word, is_prose

# PWD alone is the working directory.
_PASSWORD = (
    r"password|passwd|passphrase|passwort|kennwort|wachtwoord|mot_?de_?passe|contrase[ñn]a|"
    r"pwd(?<=[\w&?]pwd)(?<!oldpwd)|pw(?<=_pw)"
)
_SECRET_KEYS = (
    rf"(?:{_PASSWORD}|pass|secret|secret_key_base|secretkey|secret_?key|private_?key|primary_?key|deterministic_?key|"
    r"api_?key|access_?key|encrypt_?key|encryption_?key|salt|credentials?|datasource|database_url|auth_?token)"
    r"(?:_(?:confirmation|hash|digest|again|public|private))?"
)
_GATE = (
    "pass", "secret", "key", "salt", "credential", "datasource", "database_url", "auth", "kennwort", "wachtwoord",
    "mot de", "mot_de", "motde", "contrase", "pwd", "_pw",
)  # fmt: skip
# Google's app passwords are shown, and pasted, in four groups.
_APP_PASSWORD = r"[a-z]{4}(?:(?: |%20|\+)[a-z]{4}){3}(?![\w-])"
# A word of its own, "pass" is the result of a check.
_PASS = r"pass(?<=[_.-]pass)|pass(?-i:(?<=[a-z]Pass)|(?<=\bPASS))"
_TOLD_KEYS = rf"(?:{_PASSWORD}|mot de passe|{_PASS}|secret(?:_?(?:access_?)?key)?)"
_PHRASE_END = r"(?=[ \t]*(?:$|[\n,;()\]}\"'|<\\]|&(?:quot|#)|[\w.\[-]{1,60}\s?[:=]))"
# A reply code, or the class of an error.
_OF_A_REPLY = expression(
    r"\d{3}(?:[ -].*)?|\d\.\d{1,3}\.\d{1,3}|E[A-Z]{3,16}|[\w:.]{0,60}(?:Error|Exception|Timeout)|.*mismatch"
)


def _replace_told(match: re.Match[str], mapping: RedactionMap) -> str:
    """What stands behind "password:" or "password is", if it is no word of a sentence."""
    value = match["value"]
    is_sentence = is_prose(value) or is_common_word(value.rstrip(".!?:")) or _OF_A_REPLY.fullmatch(value)
    return match[0] if is_sentence else replace_group(Kind.SECRET)(match, mapping)


_SETTINGS = (
    Detector(
        _GATE,
        expression("(?i)" + keyed(_SECRET_KEYS, bare=rf"{_APP_PASSWORD}|[^\s'\"]{{1,300}}", most=4000, is_ending=True)),
        replace_keyed(Kind.SECRET),
    ),
    Detector(_GATE, expression("(?i)" + paired(_SECRET_KEYS)), replace_group(Kind.SECRET)),
    Detector(
        _GATE,
        # YAML, and settings pasted beside a log: the whole rest of the line, or the line after ">-".
        expression(
            rf"(?im)^[ \t>-]{{0,12}}[\w.-]{{0,60}}?{_SECRET_KEYS}[ \t]{{0,3}}: (?:[>|][+-]?\n\s{{1,40}})?"
            r"(?P<value>[^\s\"'].{0,200})$"
        ),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("{", "map["),
        # Go's %v and %+v write a setting without quotes: map[password:x], {Password:x}.
        expression(
            r"(?i)(?<=[\[{ ])\w{0,40}(?:password|pass|secret|secretaccesskey|token|apikey):"
            rf"(?P<value>{_APP_PASSWORD}|[^\s\"':/\]}}][^\s\]}}]{{0,200}})(?=[\s\]}}])"
        ),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("value",),
        # A name and its value side by side, in XML, JSON and YAML.
        expression(
            rf"(?i){_SECRET_KEYS}(?:\\{{0,15}}[\"'])?[\s,]{{1,20}}(?:\\n\s*)?(?:--)?(?:\\{{0,15}}[\"'])?value"
            r"(?:\\{0,15}[\"'])?[\s=:]{1,3}(?:\\{0,15}[\"'])?(?P<value>[^\s\"'\\<>]{1,300})"
        ),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("</", "&lt;/"),
        expression(rf"(?i){_SECRET_KEYS}(?:>|&gt;)(?P<value>[^<>&\s]{{1,300}})(?:<|&lt;)/"),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("|", "\t", "setx ", "set "),
        # Settings as a table; or set on a command line.
        expression(
            rf"(?i)(?:{_SECRET_KEYS} {{0,20}}[|\t]\s{{0,3}}|(?:\bsetx|[ :]set) [\w.]{{0,60}}{_SECRET_KEYS} )"
            r"(?P<value>(?!--)[^\s|\"']{1,300})"
        ),
        _replace_told,
    ),
)
_SENTENCES = (
    Detector(
        _GATE,
        expression(
            rf"(?im){_TOLD_KEYS}(?:\s?: ?|\s?→\s?| is (?=\S{{0,60}}[^a-z\s.,!;:]))"
            rf"(?P<value>(?![\[(%${{])[^\s\"'<>,;)\]}}|]{{4,200}}){_PHRASE_END}"
        ),
        _replace_told,
    ),
    Detector(
        ("pass", "secret", "wort"),
        expression(
            rf"(?i)(?:{_PASSWORD}|pass(?<=\bpass)|secret(?<=\bsecret))\s{{1,3}}(?:\\{{0,15}}[\"']|`)(?P<value>[^\"'`\n\\(),:]{{4,200}})[\"'`\\]"
        ),
        _replace_told,
    ),
    Detector(
        ("password ",),
        expression(r"(?i)\bpassword (?P<value>(?=\S{0,60}\d)(?=\S{0,60}[a-z])[^\s\"'<>():;,=]{6,64})(?=$|[\s\"',;)])"),
        replace_group(Kind.SECRET),
    ),
)
_COMMAND_LINES = (
    Detector(
        ("--",),
        expression(
            rf"(?i)(?<!\w)--[\w-]{{0,30}}?(?:pass(?:word|wd|phrase|wordeval|eval)?|secret|token|api-?key|pwd)[ =]"
            rf"(?:{quoted('.', 300)}|(?P<bare>(?!-)[^\s\"'\\]{{1,300}}))"
        ),
        replace_keyed(Kind.SECRET),
    ),
    Detector(
        (" -ap", " -xp"),  # swaks, sendemail
        expression(r"\s-(?:ap|xp)\s{1,4}(?:\\{0,15}[\"'])?(?P<value>[^\s\"'\\]{1,300})"),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("sshpass", "docker login", "testsaslauthd", "mysql", "mariadb", "ldap"),
        expression(
            r"\b(?:sshpass|docker login|testsaslauthd|mysql\w{0,10}|mariadb\w{0,10}|ldap\w{1,10})\b[^\n|;]{0,200}?"
            r"\s-[pw] ?(?P<value>[^\s\"'-][^\s\"']{0,200})"
        ),
        replace_group(Kind.SECRET),
    ),
    Detector(("pass:",), expression(r"-pass(?:in|out) pass:(?P<value>\S{1,200})"), replace_group(Kind.SECRET)),
)

PASSWORDS = (*_SETTINGS, *_SENTENCES, *_COMMAND_LINES)
"""Settings first, since what a sentence holds may be one."""
