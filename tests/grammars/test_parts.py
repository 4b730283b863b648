"""A grammar turned into one regular expression reads what pyparsing reads."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pyparsing as pp
import pytest

import maillogdiag.grammars
from maillogdiag.grammars import parts
from maillogdiag.grammars.parts import Delayed, parse_parts

FIXTURES = Path(__file__).parents[1] / "fixtures"
ODD_TEXTS = (
    "",
    " ",
    "\t[a]\t",
    "(",
    "Caused by: x\ty",
    "2026-11-02 09:25:25,425 INFO     \n Sending",
    "[ActiveJob] [x]  y",
)


def grammars() -> Iterator[tuple[str, pp.ParserElement | Delayed]]:
    for module in pkgutil.iter_modules(maillogdiag.grammars.__path__):
        for name, value in vars(importlib.import_module(f"maillogdiag.grammars.{module.name}")).items():
            shapes = [value] if isinstance(value, pp.ParserElement | Delayed) else []
            if name == "_MESSAGES":
                shapes = [shape for _, _, shape in value]
            for number, shape in enumerate(shapes):
                yield f"{module.name}.{name}.{number}", shape


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = dict.fromkeys(ODD_TEXTS)
    for log in sorted(FIXTURES.glob("*/*/*.log")):
        lines = log.read_text(encoding="utf-8").splitlines()
        for line in lines[::7]:
            # Whole lines, and the messages in them, wherever one may begin.
            found |= dict.fromkeys((line[:2000], line.partition(": ")[2][:500], line.partition("] ")[2][:500]))
    return list(found)


@pytest.mark.parametrize("grammar", [pytest.param(grammar, id=name) for name, grammar in grammars()])
def test_both_ways_find_the_same_parts(grammar: pp.ParserElement | Delayed, texts: list[str]) -> None:
    for text in texts[:: 1 if parts._expression_of(grammar) else 100]:
        assert parts._parsed(grammar, text) == parse_parts(grammar, text), text


@pytest.mark.parametrize(
    ("grammar", "text", "found"),
    [
        (
            pp.Regex(r"\w+")("a") + pp.Opt(pp.Regex(r"\d+")("b")) + pp.Regex(r".*")("c"),
            "x 12 y",
            {"a": "x", "b": "12", "c": "y"},
        ),
        (pp.Regex(r"\w+")("a") + pp.Regex(r"x"), "xx", None),  # no second try with a shorter word
        (pp.Regex(r"(?P<a>1)") | pp.Regex(r"(?P<a>2)"), "2", {"a": "2"}),
        (pp.Regex(r"(?s)(?P<a>a).(?P=a)"), "a\na", {"a": "a"}),
        (pp.Regex(r"(?P<q>')?x(?(q)'|!)"), "'x'", {"q": "'"}),
        (pp.OneOrMore(pp.Regex(r"\d"))("a"), "1 2", {}),  # left to pyparsing
    ],
)
def test_parts(grammar: pp.ParserElement, text: str, found: dict[str, str] | None) -> None:
    assert found == parts._parsed(grammar, text)
    assert found == parse_parts(grammar, text)
