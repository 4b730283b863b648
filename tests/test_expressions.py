"""Expressions are compiled late: one that is broken must not wait for the log that it is for."""

import copy
import gc
import pickle
import pkgutil
import re
from importlib import import_module

import maillogdiag
from maillogdiag.expressions import _Expression, expression


def test_every_expression_can_be_compiled() -> None:
    for module in pkgutil.walk_packages(maillogdiag.__path__, "maillogdiag."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    gc.unfreeze()  # a command that ran in this process may have frozen them
    expressions = [one for one in gc.get_objects() if type(one) is _Expression]
    assert len(expressions) > 100
    for one in expressions:
        re.compile(one.pattern, one._flags)


def test_an_expression_is_used_as_a_compiled_one_is() -> None:
    word = expression(r"(?P<word>\w+)-", re.IGNORECASE)
    assert [found["word"] for found in word.finditer("one-two-")] == ["one", "two"]
    assert word.sub("", "one-two") == "two"
    assert word.pattern == r"(?P<word>\w+)-"
    assert word.flags & re.IGNORECASE
    assert expression(rb"\d").search(b"a1")


def test_an_expression_can_be_handed_to_another_process() -> None:
    word = expression(r"\w+")
    for one in (pickle.loads(pickle.dumps(word)), copy.deepcopy(word)):
        assert one.match("one")
