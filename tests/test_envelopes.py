"""Envelopes come off, whatever tool put them on, and what they told is kept."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.envelopes import Peeled, Peeler

REFERENCE = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXT = "2026-11-02T09:15:00.114Z pid=7 tid=1tre WARN: Net::OpenTimeout: execution expired"
POSTFIX = "3C1D8C1D28: to=<carol@example.org>, relay=none, status=deferred (connect to mx.example.org: timed out)"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def peel(raw: str) -> Peeled:
    peeled = Peeler(REFERENCE).peel(raw)
    assert peeled is not None
    return peeled


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


AT_NINE = moment("2026-11-02T09:15:00+00:00")

# Each envelope around TEXT: what it tells of time, host, unit, process and pid.
APPLICATION_LINES = {
    "journalctl short": (f"Nov 02 09:15:00 social bundle[811]: {TEXT}", (AT_NINE, "social", None, "bundle", 811)),
    "syslog with padded day": (f"Nov  2 09:15:00 social bundle[811]: {TEXT}", (AT_NINE, "social", None, "bundle", 811)),
    "short-iso": (f"2026-11-02T10:15:00+0100 social bundle[811]: {TEXT}", (AT_NINE, "social", None, "bundle", 811)),
    "short-unix": (f"1793610900.000000 social bundle[811]: {TEXT}", (AT_NINE, "social", None, "bundle", 811)),
    "short-monotonic": (f"[ 1094.123456] social bundle[811]: {TEXT}", (None, "social", None, "bundle", 811)),
    "short-full": (f"Mon 2026-11-02 09:15:00 UTC social bundle[811]: {TEXT}", (AT_NINE, "social", None, "bundle", 811)),
    "with-unit": (
        f"Mon 2026-11-02 09:15:00 UTC social mastodon-sidekiq.service[811]: {TEXT}",
        (AT_NINE, "social", "mastodon-sidekiq.service", "mastodon-sidekiq.service", 811),
    ),
    "compose 1": (f"sidekiq_1    | {TEXT}", (None, None, "sidekiq_1", None, None)),
    "compose 2": (f"mastodon-sidekiq-1  | {TEXT}", (None, None, "mastodon-sidekiq-1", None, None)),
    "podman-compose": (f"[sidekiq] | {TEXT}", (None, None, "sidekiq", None, None)),
    "foreman": (f"10:00:00 worker.1 | {TEXT}", (None, None, "worker.1", None, None)),
    "supervisor-stdout": (f"sidekiq stdout | {TEXT}", (None, None, "sidekiq", None, None)),
    "swarm": (f"mastodon_sidekiq.1.q7wz@node1    | {TEXT}", (None, "node1", "mastodon_sidekiq.1.q7wz", None, None)),
    "compose --timestamps": (
        f"sidekiq-1  | 2026-11-02T09:15:00.000000042Z {TEXT}",
        (AT_NINE, None, "sidekiq-1", None, None),
    ),
    "docker logs --timestamps": (f"2026-11-02T09:15:00.000000042Z {TEXT}", (AT_NINE, None, None, None, None)),
    "kubectl --prefix": (f"[pod/sidekiq-5d8/mastodon] {TEXT}", (None, None, "sidekiq-5d8/mastodon", None, None)),
    "kubectl --prefix --timestamps": (
        f"[pod/sidekiq-5d8/mastodon] 2026-11-02T09:15:00.000000042Z {TEXT}",
        (AT_NINE, None, "sidekiq-5d8/mastodon", None, None),
    ),
    "CRI": (f"2026-11-02T09:15:00.000000042Z stdout F {TEXT}", (AT_NINE, None, None, None, None)),
    "docker json-file": (
        json.dumps({"log": f"{TEXT}\n", "stream": "stdout", "time": "2026-11-02T09:15:00.000000042Z"}),
        (AT_NINE, None, None, None, None),
    ),
    "Heroku": (f"2026-11-02T09:15:00.000000+00:00 app[worker.1]: {TEXT}", (AT_NINE, None, "worker.1", None, None)),
    "fly.io": (f"2026-11-02T09:15:00Z app[sidekiq] ams [info]{TEXT}", (AT_NINE, None, "sidekiq", None, None)),
    "svlogd": (f"2026-11-02_09:15:00.00000 {TEXT}", (AT_NINE, None, None, None, None)),
    "Papertrail's links": (
        f"Nov 02 09:15:00 [social](https://my.papertrailapp.com/e?focus=1) "
        f"[app/worker.1](https://my.papertrailapp.com/e?q=2): {TEXT}",
        (AT_NINE, "social", None, "app/worker.1", None),
    ),
    "Papertrail without colon": (
        f"Nov 02 09:15:00 social app/worker.1 {TEXT}",
        (AT_NINE, "social", "app/worker.1", "app/worker.1", None),
    ),
    "Markdown's code block": (
        f"    Nov 02 09:15:00 social bundle[811]: {TEXT}",
        (AT_NINE, "social", None, "bundle", 811),
    ),
    "a quote": (f"> Nov 02 09:15:00 social bundle[811]: {TEXT}", (AT_NINE, "social", None, "bundle", 811)),
    "colour": (f"\x1b[36mmastodon-sidekiq-1  |\x1b[0m {TEXT}", (None, None, "mastodon-sidekiq-1", None, None)),
    "Apache 2.4": (
        f"[Mon Nov 02 09:15:00.000000 2026] [wsgi:error] [pid 811:tid 1403] [remote 192.0.2.7:4711] {TEXT}",
        (AT_NINE, None, None, None, 811),
    ),
    "Apache 2.2": (
        f"[Mon Nov 02 09:15:00 2026] [error] [client 192.0.2.7] {TEXT}",
        (AT_NINE, None, None, None, None),
    ),
    "Apache in compose": (
        f"web_1  | [Mon Nov 02 09:15:00 2026] [:error] [pid 811] {TEXT}",
        (AT_NINE, None, "web_1", None, 811),
    ),
    "short-delta": (
        f"[ 1094.123456 <    0.000042 >] social bundle[811]: {TEXT}",
        (None, "social", None, "bundle", 811),
    ),
    "RFC 5424": (
        f'<134>1 2026-11-02T09:15:00Z social bundle 811 - [origin ip="192.0.2.7"] {TEXT}',
        (AT_NINE, "social", None, "bundle", 811),
    ),
    "RFC 5424, all unknown": (f"<134>1 2026-11-02T09:15:00Z - - - - - {TEXT}", (AT_NINE, None, None, None, None)),
    "logcli": (
        f'2026-11-02T09:15:00Z {{container="sidekiq", namespace="social"}} {TEXT}',
        (AT_NINE, None, "sidekiq", None, None),
    ),
    "logcli --output jsonl": (
        json.dumps({"labels": {"app": "sidekiq"}, "line": TEXT, "timestamp": "2026-11-02T09:15:00Z"}),
        (AT_NINE, None, "sidekiq", None, None),
    ),
    "VictoriaLogs": (
        json.dumps(
            {"_time": "2026-11-02T09:15:00Z", "_stream": "{}", "_msg": TEXT, "kubernetes.container_name": "web"}
        ),
        (AT_NINE, None, "web", None, None),
    ),
    "OpenSearch": (
        json.dumps({"_index": "logs", "_source": {"@timestamp": "2026-11-02T09:15:00Z", "message": TEXT}}),
        (AT_NINE, None, None, None, None),
    ),
    "Filebeat": (
        json.dumps({"@timestamp": "2026-11-02T09:15:00Z", "message": TEXT, "agent": {}, "container": {"name": "web"}}),
        (AT_NINE, None, "web", None, None),
    ),
    "Fluent Bit": (
        json.dumps(
            {"date": 1793610900.0, "log": f"{TEXT}\n", "stream": "stderr", "kubernetes": {"container_name": "web"}}
        ),
        (AT_NINE, None, "web", None, None),
    ),
    "Vector": (
        json.dumps({"container_name": "web", "message": TEXT, "source_type": "x", "timestamp": "2026-11-02T09:15:00Z"}),
        (AT_NINE, None, "web", None, None),
    ),
    "CloudWatch": (
        json.dumps({"timestamp": 1793610900000, "message": TEXT, "ingestionTime": 1793610999000}),
        (AT_NINE, None, None, None, None),
    ),
    "Google Cloud": (
        json.dumps({"textPayload": TEXT, "timestamp": "2026-11-02T09:15:00Z", "insertId": "x"}),
        (AT_NINE, None, None, None, None),
    ),
    "stern": (f"sidekiq-6d9c7 sidekiq {TEXT}", (None, None, "sidekiq-6d9c7 sidekiq", None, None)),
    "pm2": (f"0|sidekiq  | {TEXT}", (None, None, "sidekiq", None, None)),
    "grep -n": (f"log/sidekiq.log:17:{TEXT}", (None, None, "log/sidekiq.log", None, None)),
    "aws logs tail": (f"2026-11-02T09:15:00+00:00 web/web/b0a1 {TEXT}", (AT_NINE, None, "web/web/b0a1", None, None)),
    "another logger": (f"[2026-11-02 09:15:00 +0000] [17] {TEXT}", (AT_NINE, None, None, None, None)),
    "no envelope": (TEXT, (None, None, None, None, None)),
}


@pytest.mark.parametrize(("raw", "told"), APPLICATION_LINES.values(), ids=APPLICATION_LINES)
def test_envelope_comes_off(raw: str, told: tuple[object, ...]) -> None:
    peeled = peel(raw)

    assert peeled.text == TEXT
    assert told == (peeled.time, peeled.host, peeled.unit, peeled.process, peeled.pid)


def test_apaches_level_stays_where_it_may_be_all_that_tells_of_an_error() -> None:
    raw = "[Tue Nov 03 09:15:00 2026] [php7:error] [pid 7] getaddrinfo EAI_AGAIN smtp.example.org"

    assert raw == peel(raw).text


POSTFIX_LINES = {
    "rsyslog in a container, without host": f"2026-11-02T09:15:00.171226+00:00 INFO    postfix/smtp[138]: {POSTFIX}",
    "behind compose's prefix": f"relay  | 2026-11-02T09:15:00.171226+00:00 INFO    postfix/smtp[138]: {POSTFIX}",
    "busybox": f"Nov  2 09:15:00 relay mail.info postfix/smtp[138]: {POSTFIX}",
    "busybox without host": f"Nov  2 09:15:00 mail.info postfix/smtp[138]: {POSTFIX}",
    "without host": f"Nov  2 09:15:00 postfix/smtp[138]: {POSTFIX}",
    "with priority": f"<22>Nov  2 09:15:00 relay postfix/smtp[138]: {POSTFIX}",
    "with year": f"Nov  2 2026 09:15:00 relay postfix/smtp[138]: {POSTFIX}",
}


@pytest.mark.parametrize("raw", POSTFIX_LINES.values(), ids=POSTFIX_LINES)
def test_postfix_is_told_by_its_program(raw: str) -> None:
    peeled = peel(raw)

    assert peeled.text == POSTFIX
    assert (peeled.process, peeled.pid) == ("postfix/smtp", 138)
    assert peeled.time is not None
    assert peeled.time.replace(microsecond=0) == AT_NINE


@pytest.mark.parametrize(
    "own",
    [
        TEXT,
        "2026-11-02T09:15:00.114Z 7 TID-or6mq Worker JID-6bd8 INFO: start",
        "2026-11-02 09:15:00.607 ERR  [zulip.send_email] Error sending digest email to ['carol@example.org']",
        "2026-11-02 09:15:00,332 INFO     Sending digest email to ['carol@example.org']",
        "2026-11-02T09:15:00Z INFO mailer: no envelope",
        '{"timestamp":"2026-11-02 09:15:00.263 +01:00","level":"error","msg":"mail"}',
        "[2026/11/02 09:15:00 CET] [EROR] /api/v4/email/test code=500",
        "Error | core | a row of Nextcloud's log reader",
        "I, [2026-11-02T09:15:00.53 #150606]  INFO -- : [ActiveJob] x",
        f"E, [2026-11-02T09:15:00.53 #150606] ERROR -- : the worker said: {TEXT}",
        f"the last line was: {TEXT}",
        f'the worker said "x" {TEXT}',
        "[Errno 99] Cannot assign requested address : Traceback (most recent call last):",
        "SMTPException: Traceback (most recent call last):",
        '{"@timestamp":"2026-11-02T09:15:00Z","message":"mail failed","error":{"stack_trace":"x"},"agent":{}}',
        '{"severity":"ERROR","time":"2026-11-02T09:15:00.114Z","message":"mail failed"}',
        '{"timestamp":"2026-11-02T09:15:00Z","message":"mail failed","status":"550 5.1.1 x","source_type":"api"}',
        '{"time":"2026-11-02T09:15:00Z","message":"mail failed","exception":{"message":"x"},"kubernetes":{}}',
        f"09:15:00 web {TEXT}",
        '{"log":"mail failed","namespace":"synapse.handlers","level":"ERROR","time":1793610900.1}',
    ],
)
def test_application_keeps_its_own_time(own: str) -> None:
    assert own == peel(own).text


@pytest.mark.parametrize(
    ("name", "month"), [("Okt", 10), ("Dez", 12), ("mai", 5), ("févr.", 2), ("mär", 3), ("Окт", 10), ("10月", 10)]
)
def test_months_are_read_in_the_servers_language(name: str, month: int) -> None:
    peeled = peel(f"{name} 15 23:48:15 social bundle[1]: x")

    assert peeled.time is not None
    assert month == peeled.time.month


def test_year_is_the_latest_that_is_not_in_the_future() -> None:
    peeler = Peeler(datetime(2026, 1, 3, tzinfo=UTC))

    times = [
        peeled.time for stamp in ("Dec 31", "Jan  2", "Feb 29") if (peeled := peeler.peel(f"{stamp} 10:00:00 h p: x"))
    ]

    assert [(2025, 12), (2026, 1), (2024, 2)] == [(found.year, found.month) for found in times if found]


def test_times_without_zone_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()

    assert peel("Nov 02 10:15:00 social bundle[811]: x").time == AT_NINE


@pytest.mark.parametrize(
    ("copy", "line"),
    [
        ("File &quot;/srv/mail.py&quot;, line 4, in f", 'File "/srv/mail.py", line 4, in f'),
        ("(550, b&#x27;&lt;a@example.org&gt; who&#x27;)", "(550, b'<a@example.org> who')"),
        ("a &lt;b&gt; &amp; c&#10;Nov 02 09:15:00", "a <b> & c&#10;Nov 02 09:15:00"),
        ('{"body": "&quot;hello&quot;"}', '{"body": "&quot;hello&quot;"}'),
        ("GET /?a=1&ltv=2", "GET /?a=1&ltv=2"),
    ],
)
def test_a_page_s_source_is_read_as_the_page_was(copy: str, line: str) -> None:
    assert line == peel(copy).text


def test_a_quoted_traceback_loses_the_quotation_alone() -> None:
    peeler = Peeler(REFERENCE)
    quote = ("> Traceback (most recent call last):", '>   File "a.py", line 1, in f', ">     raise Oops", "> Oops: no")

    texts = [peeled.text for line in quote if (peeled := peeler.peel(line))]

    assert ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    raise Oops", "Oops: no"] == texts


@pytest.mark.parametrize("escape", ["\x1b[", "^[[", "#033[", "["])
def test_colour_is_removed_in_every_spelling(escape: str) -> None:
    raw = (
        f"Nov 02 09:15:00 social bundle[811]: {escape}1;34mINFO {escape}0m 2026-11-02T09:15:00.708Z pid=7 tid=a: start"
    )

    assert peel(raw).text == "INFO  2026-11-02T09:15:00.708Z pid=7 tid=a: start"


def test_rsyslogs_spelling_of_newlines_is_undone() -> None:
    peeled = peel('Nov 02 09:15:00 zulip zulip[9]: Traceback (most recent call last):#012  File "x.py", line 1')

    assert peeled.text.split("\n") == ["Traceback (most recent call last):", '  File "x.py", line 1']


def test_journal_bytes_are_text_again() -> None:
    message = list("\x1b[31müber".encode())

    peeled = peel(json.dumps({"__REALTIME_TIMESTAMP": "1793610900000000", "MESSAGE": message, "_PID": "811"}))

    assert (peeled.text, peeled.time, peeled.pid) == ("über", AT_NINE, 811)


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_that_is_none_of_journald_s_tells_nothing(digits: int) -> None:
    peeled = peel(json.dumps({"__REALTIME_TIMESTAMP": "9" * digits, "MESSAGE": "x", "_PID": "9" * digits}))

    assert ("x", None, None) == (peeled.text, peeled.time, peeled.pid)


def test_headers_of_tail_are_no_content_and_name_the_writer() -> None:
    peeler = Peeler(REFERENCE)

    peeled = [peeler.peel(raw) for raw in ("==> log/sidekiq.log <==", TEXT)]

    assert peeled[0] is None
    assert peeled[1] == Peeled(TEXT, unit="log/sidekiq.log")


def test_further_lines_of_an_entry_are_known_by_their_indent() -> None:
    peeler = Peeler(REFERENCE)

    head, rest = (peeler.peel(raw) for raw in ("Nov 02 09:15:00 social bundle[812]: one", " " * 36 + "  two"))

    assert head is not None
    assert rest is not None
    assert (rest.text, rest.pid, rest.continues, head.continues) == ("  two", 812, True, False)


def test_an_unknown_prefix_comes_off_the_lines_of_a_backtrace_as_well() -> None:
    peeler = Peeler(REFERENCE)
    error = "2026-11-02 09:15:00.607 ERR  [zulip.send_email] Error sending digest email to ['carol@example.org']"
    lines = [error, "Traceback (most recent call last):", '  File "/a.py", line 3, in x', "", "535 5.7.8 no"]
    numbered = [f"{number}> web-6d9c7 web {line}" for number, line in enumerate(lines, 98)]
    numbered[3] = numbered[3].rstrip()

    assert lines == [peeled.text for raw in numbered if (peeled := peeler.peel(raw))]
    other = pickle.loads(pickle.dumps(peeler)).peel("7> web-6d9c7 web /a.py")
    assert other
    assert "/a.py" == other.text


def test_a_reply_that_looks_like_a_prefix_keeps_its_code() -> None:
    peeler = Peeler(REFERENCE)
    peeler.peel(f"smtp 250: {TEXT}")
    reply = peeler.peel("smtp 535: 5.7.8 no")

    assert reply
    assert "smtp 535: 5.7.8 no" == reply.text


@pytest.mark.parametrize("time", ["9" * 400, "true", "null", "1e400", "[]", '"yesterday"'])
def test_a_store_s_odd_time_tells_nothing(time: str) -> None:
    peeled = peel(f'{{"_msg":"x","_stream":"s","timestamp":{time}}}')

    assert ("x", None) == (peeled.text, peeled.time)


def test_lines_of_docker_s_fluentd_driver_are_whole() -> None:
    assert not peel('{"log":"x","stream":"stderr","time":"2026-11-02T09:15:00Z","container_name":"/web"}').is_partial
    assert peel('{"log":"x","stream":"stderr","time":"2026-11-02T09:15:00Z"}').is_partial


def test_a_number_before_a_line_says_nothing_of_the_next_line() -> None:
    peeler = Peeler(REFERENCE)
    numbered, reply = peeler.peel(f"17 {TEXT}"), peeler.peel("535 5.7.8 no")

    assert numbered
    assert reply
    assert TEXT == numbered.text
    assert "535 5.7.8 no" == reply.text


def test_code_block_keeps_the_indent_of_its_continuation_lines() -> None:
    peeler = Peeler(REFERENCE)
    block = ["2026-11-02 09:15:00,332 ERROR    x", "Traceback (most recent call last):", '  File "x.py", line 1']

    peeled = [peeler.peel(f"    {line}") for line in block]

    assert block == [line.text for line in peeled if line]


def test_format_is_that_of_most_lines() -> None:
    peeler = Peeler(REFERENCE)

    for raw in (
        "-- Boot 5a8f --",
        POSTFIX_LINES["behind compose's prefix"],
        "relay  | 2026-11-02T09:15:00Z h p[1]: x",
    ):
        peeler.peel(raw)

    assert peeler.format == "docker compose, syslog with ISO times"


@given(st.text(max_size=300))
def test_any_text_is_peeled_without_raising(raw: str) -> None:
    Peeler(REFERENCE).peel(raw)


@given(st.sampled_from(sorted(APPLICATION_LINES)), st.integers(0, 200), st.text(max_size=20))
def test_damaged_envelopes_do_not_raise(name: str, cut: int, junk: str) -> None:
    raw = APPLICATION_LINES[name][0]

    Peeler(REFERENCE).peel(raw[:cut] + junk + raw[cut:])
