"""The fixtures keep to their layout, and hold no name or address that isn't an example's."""

from __future__ import annotations

import lzma
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from maillogdiag.causes import Cause

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = sorted(FIXTURES.glob("*/*/case.yaml"))

_ADDRESS = re.compile(rb"\b(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\b")
_EXAMPLE_NETWORKS = (b"127.", b"192.0.2.", b"198.51.100.", b"203.0.113.", b"0.0.0.0", b"224.")
_NO_ADDRESS_AFTER = re.compile(rb"(?:activesupport-|actionmailer-|activejob-|RFC2821 )$")


def _case_id(path: Path) -> str:
    return "/".join(path.parts[-3:-1])


def _text(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


@pytest.mark.parametrize("path", CASES, ids=_case_id)
def test_case_is_described(path: Path) -> None:
    case = YAML(typ="safe").load(path)

    assert (case["app"], case["scenario"]) == path.parts[-3:-1]
    assert case["recorded"] or case["composed"]
    assert {found["cause"] for found in case["expect"]} <= {cause.value for cause in Cause}
    assert all(found["attempts"] > 0 for found in case["expect"])
    assert len(list(path.parent.iterdir())) > 1


@pytest.mark.parametrize("path", CASES, ids=_case_id)
def test_case_names_only_examples(path: Path) -> None:
    for file in path.parent.iterdir():
        text = _text(file)
        addresses = [
            match[1] for match in _ADDRESS.finditer(text) if not _NO_ADDRESS_AFTER.search(text[: match.start()][-20:])
        ]
        strangers = {address for address in addresses if not address.startswith(_EXAMPLE_NETWORKS)}

        assert strangers == set()
        assert not re.search(rb"/root/|/var/tmp/|labvenv|\.pyenv", text)
