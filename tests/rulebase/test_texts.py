"""Wordings of servers and mail libraries get the right cause, however an application quotes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from maillogdiag.failures import read_failure
from maillogdiag.rulebase import load_rules

TEXTS: dict[str, list[str]] = YAML(typ="safe").load(Path(__file__).with_name("texts.yaml"))
REPLY = re.compile(r"(?P<code>[245]\d\d)[ -](?P<enhanced>\d\.\d+\.\d+ )?(?P<words>.+)", re.DOTALL)


def wrong(quote: Callable[[str], str]) -> list[str]:
    """The texts that, quoted so, get another cause than the one they mean, with what they get."""
    rules = load_rules()
    answers = [
        (causes.split(" or "), text, rules.diagnose(read_failure(quote(text))))
        for causes, texts in TEXTS.items()
        for text in texts
    ]
    return [f"{given.cause} [{given.rule}]: {text}" for causes, text, given in answers if given.cause not in causes]


def test_each_text_gets_its_cause() -> None:
    assert [] == wrong(lambda text: text)


def quoted_by_python(text: str) -> str:
    reply = REPLY.fullmatch(text)
    return text if reply is None else f"smtplib.SMTPDataError: ({reply['code']}, {text[4:].encode()!r})"


def on_two_lines(text: str) -> str:
    reply = REPLY.fullmatch(text)
    if reply is None or " " not in reply["words"]:
        return text
    code, enhanced, words = reply["code"], reply["enhanced"] or "", reply["words"].split(" ")
    half = len(words) // 2
    return f"{code}-{enhanced}{' '.join(words[:half])}\n{code} {enhanced}{' '.join(words[half:])}"


def reply_as(template: str) -> Callable[[str], str]:
    """Put a server's reply into `template`; leave a client's own error as it is."""
    return lambda text: template.format(text=text, code=text[:3]) if REPLY.fullmatch(text) else text


QUOTED = {
    "in capitals": str.upper,
    "with an id and an address behind it": "{0}. [id 4f3c-9a; see https://help.example/e/1042] (AS7700)".format,
    "with double blanks": lambda text: text.replace(" ", "  "),
    "with curly quotes": lambda text: text.replace("'", "\u2019"),
    "by Postfix": reply_as("host mx7.neighbour.example[198.51.100.7] said: {text}"),
    "by Ruby": reply_as("Net::SMTPFatalError: {text}\n"),
    "by Python": quoted_by_python,
    "by PHP": reply_as('Expected response code "250" but got code "{code}", with message "{text}".'),
    "by Node.js": reply_as("Error: Message failed: {text}"),
    "on two lines": on_two_lines,
}


@pytest.mark.parametrize("quote", QUOTED.values(), ids=QUOTED)
def test_a_quoted_text_keeps_its_cause(quote: Callable[[str], str]) -> None:
    assert [] == wrong(quote)
