"""ns8-sendmail says of each mail whether the smarthost took it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.events import EventKind
from maillogdiag.grammars.ns8 import GRAMMAR
from maillogdiag.records import Place, Record

HEAD = 'from=node@example.org to=ada@example.net subject="Disk is \\"full\\"" server=smtp.example.org:587 '
ERROR = f'status=error {HEAD}code=535 message="5.7.8 Error: authentication failed: (reason unavailable)"'


def record(text: str) -> Record:
    return Record(text, Place("journal", 1), process="ns8-sendmail")


def test_an_error_is_read_with_reply_and_server() -> None:
    (event,) = GRAMMAR.read(record(ERROR))

    assert (EventKind.FAILED, "ada@example.net") == (event.kind, event.recipient)
    assert event.failure is not None
    assert (535, "5.7.8") == (event.failure.code, event.failure.enhanced)
    assert ("smtp.example.org", 587) == (event.failure.host, event.failure.port)


def test_code_minus_one_is_no_reply() -> None:
    (event,) = GRAMMAR.read(record(f'status=error {HEAD}code=-1 message="[Errno 111] Connection refused"'))

    assert event.failure is not None
    assert (None, "[errno 111] connection refused") == (event.failure.code, event.failure.normal)


def test_sent_is_accepted() -> None:
    (event,) = GRAMMAR.read(record(f"status=sent {HEAD}code=250"))

    assert EventKind.ACCEPTED == event.kind


def test_no_smarthost_is_a_failure() -> None:
    (event,) = GRAMMAR.read(record("Error: Smarthost is not enabled."))

    assert EventKind.FAILED == event.kind


@given(st.text(), st.integers(0, 200))
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, cut: int) -> None:
    for odd in (noise, ERROR[:cut] + noise + ERROR[cut:], ERROR[:cut]):
        assert not tuple(GRAMMAR.read(record(odd))) or any(anchor in odd for anchor in GRAMMAR.anchors)
