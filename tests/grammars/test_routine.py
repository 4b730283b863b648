"""Lines that are written of every mail are read at once: the same is read of them as in full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from maillogdiag.grammars import rails, rails_routine, zulip, zulip_lines
from maillogdiag.records import Place, Record

NOW = datetime(2026, 11, 2, tzinfo=UTC)
CLASSES = ("ActionMailer::MailDeliveryJob", "UserMailer", "MailingListWorker", "PushUpdateWorker", "Web::PushWorker")


def steps() -> st.SearchStrategy[str]:
    return st.from_regex(rails_routine._SIDEKIQ, fullmatch=True)


def jobs() -> st.SearchStrategy[str]:
    """ActiveJob's lines, with arguments as Rails prints them and any others."""
    arguments = st.sampled_from(
        ("", " in 12.5ms", ' with arguments: "UserMailer", "welcome", "deliver_now", {}', " enqueued at 2026-11-02")
    )
    mine = st.builds(
        "[ActiveJob] [{0}] [{1}] {2} {0} (Job ID: {1}) from Sidekiq({3}){4}".format,
        st.sampled_from(CLASSES),
        st.uuids(),
        st.sampled_from(("Performing", "Performed")),
        st.sampled_from(("mailers", "default", "low")),
        arguments,
    )
    return mine | st.from_regex(rails_routine._ACTIVEJOB, fullmatch=True)


@given(
    steps()
    | jobs()
    | st.builds(str.replace, steps(), st.just("class="), st.sampled_from(CLASSES).map("class=".__add__))
)
def test_what_rails_writes_of_every_job(text: str) -> None:
    record = Record(text, Place("sidekiq.log", 1), NOW, unit="mastodon-sidekiq.service")
    grammar = rails.GRAMMAR

    assert grammar.read(record) == grammar.read_in_full(record)


@given(st.from_regex(zulip_lines.SENDING_TO_ONE.pattern), st.none() | st.just(NOW))
def test_what_zulip_writes_of_every_mail(text: str, time: datetime | None) -> None:
    assume(zulip_lines.SENDING_TO_ONE.match(text))
    record = Record(text, Place("send_email.log", 1), time)

    assert zulip.GRAMMAR.read(record) == zulip.GRAMMAR.read_in_full(record)


def sendings() -> st.SearchStrategy[str]:
    """Zulip's lines, with what may stand behind the recipient."""
    line = st.from_regex(zulip_lines.SENDING_TO_ONE.pattern)
    return st.builds(str.__add__, line, st.sampled_from(("", " in chat (triggered from 192.0.2.44)"))).map(str.strip)


def several(texts: list[str], time: datetime | None, unit: str | None = None) -> Record:
    """Lines in one piece; each a quarter of an hour after the one before it, as a journal's are, where time is told."""
    times = tuple(time + timedelta(minutes=15 * number) for number in range(len(texts))) if time else ()
    return Record("\n".join(texts), Place("log", 7), time, None, unit, None, None, len(texts), True, times)


@given(st.lists(steps() | jobs(), min_size=1), st.sampled_from(("mastodon-sidekiq.service", "app.service")))
def test_what_rails_writes_of_several_mails(texts: list[str], unit: str) -> None:
    record = several(texts, NOW, unit)
    one_by_one = [event for line in record.apart() for event in rails.GRAMMAR.read(line)]

    assert rails.GRAMMAR.read_routine(record) in ([], one_by_one)


@given(st.lists(sendings(), min_size=1), st.none() | st.just(NOW))
def test_what_zulip_writes_of_several_mails(texts: list[str], time: datetime | None) -> None:
    assume(all("\n" not in text and zulip_lines.SENDING_TO_ONE.match(text) for text in texts))
    record = several(texts, time)

    one_by_one = [event for line in record.apart() for event in zulip.GRAMMAR.read(line)]
    assert zulip.GRAMMAR.read_routine(record) == one_by_one
