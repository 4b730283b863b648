"""Evidence is cut where a reader, and the redaction, can make sense of it."""

from __future__ import annotations

import pytest

from maillogdiag.events import Event, EventKind
from maillogdiag.evidence import evidence_of
from maillogdiag.failures import read_failure
from maillogdiag.records import Place, Record
from maillogdiag.reports.excerpts import excerpt


def shown(text: str, decisive: str) -> str:
    record = Record(text, Place("log", 1))
    evidence = excerpt(evidence_of(Event(EventKind.FAILED, "any", record, "line"), read_failure(decisive)))
    assert [decisive] == [evidence.text[start:end] for start, end in evidence.marks]
    return evidence.text


@pytest.mark.parametrize("length", range(90, 140))
def test_a_value_is_never_parted_from_its_key(length: int) -> None:
    text = shown("job " * 40 + "password: hunter2canary " + "x" * length + " 535 refused", "535 refused")

    assert ("hunter2" in text) == ("password: hunter2canary" in text)


@pytest.mark.parametrize("length", range(1_150, 1_200))
def test_a_long_entry_ends_with_a_whole_word(length: int) -> None:
    text = shown("535 refused " + "x" * length + " chat.canary-domain.example rest", "535 refused")

    assert ("canary" in text) == ("chat.canary-domain.example" in text)


def test_an_entry_without_a_blank_still_shows_the_decisive_words() -> None:
    assert "535-refused" in shown("x" * 5_000 + "535-refused" + "x" * 5_000, "535-refused")


def test_a_class_and_a_message_that_stand_apart_show_the_message() -> None:
    page = "\n".join(("Error: #7", "Project: shop", "Type: Net::SMTPServerBusy", "Message: 450 4.1.2 no such domain"))
    failed = Event(EventKind.FAILED, "rails", Record(page, Place("log", 1)), "line")

    evidence = evidence_of(failed, read_failure("Net::SMTPServerBusy: 450 4.1.2 no such domain"))

    assert ["450 4.1.2 no such domain"] == [evidence.text[start:end] for start, end in evidence.marks]
