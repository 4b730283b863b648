"""Lines of one entry become one record; everything else stays apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.joining import join_lines
from maillogdiag.records import Line, Place

HEADS = {
    "Sidekiq 5": "2026-11-02T09:15:00.114Z 7 TID-or6mq Worker JID-6bd8 INFO: start",
    "Sidekiq 7": "2026-11-02T09:15:00.114Z pid=7 tid=1tre class=Worker jid=6bd8 INFO: start",
    "Sidekiq 8": "INFO  2026-11-02T09:15:00.708Z pid=7 tid=55qa jid=e925 class=Worker: start",
    "Sidekiq on Heroku": "4 TID-oxcs0 INFO: Booting Sidekiq",
    "ActiveJob": "[ActiveJob] [ActionMailer::MailDeliveryJob] [e26cef58-cd00-441f-8f2f-7d6f1467ea0a] Performing x",
    "Rails with a request's tag": "[acf94ddf-50c9-4ccd-a8c9-0375a3d0acef] method=GET path=/",
    "Ruby's Logger": "E, [2026-11-02T09:15:00.537610 #150606] ERROR -- : x",
    "Zulip A": "2026-11-02 09:15:00.607 ERR  [zulip.send_email] Error sending x",
    "Zulip B": "2026-11-02 09:15:00,332 INFO     Sending x",
    "Mattermost JSON": '{"timestamp":"2026-11-02 09:15:00.133 Z","level":"error","msg":"x"}',
    "Mattermost 4": "[2026/11/02 09:15:00 CET] [EROR] x",
    "Mattermost plain": "error [2026-11-02 09:15:00.226 Z] x",
    "Postfix": "postfix/smtp[138]: 3C1D8C1D28: to=<carol@example.org>",
    "Postfix, indented": "    postfix/smtp[138]: 3C1D8C1D28: to=<carol@example.org>",
    "Celery": "[2026-11-02 09:15:00,777: ERROR/ForkPoolWorker-1] Task x raised unexpected",
}

CONTINUED = {
    "Ruby frames": (
        "Net::OpenTimeout: execution expired",
        "/usr/lib/ruby/3.1.0/net/smtp.rb:631:in `tcp_socket'",
        "net-smtp (0.5.0) lib/net/smtp.rb:875:in 'authenticate'",
        "app/mailers/user_mailer.rb:12:in 'UserMailer#welcome'",
        "<internal:kernel>:187:in 'loop'",
        "(eval):1:in `x'",
        "\t ... 20 levels...",
    ),
    "a reply whose newline net-smtp kept": (
        "[ActiveJob] [J] [e26cef58-cd00-441f-8f2f-7d6f1467ea0a] Error performing J (Job ID: e26c) "
        "from Sidekiq(mailers) in 3.5ms: Net::SMTPAuthenticationError (535-5.7.8 not accepted. Learn more at",
        "):",
        "/usr/lib/ruby/3.1.0/net/smtp.rb:1:in `finish'",
    ),
    "an inspected exception": ("failed with #<Net::SMTPFatalError: 550 5.1.1 no such user", ">"),
    "a reply of several lines": (
        "2026-11-02T09:15:00.114Z pid=7 tid=a WARN: Net::SMTPAuthenticationError: 535-5.7.8 not accepted",
        "535 5.7.8  https://example.com/help",
    ),
    "a reply that Go joined": (
        "[2026/11/02 09:15:00 CET] [EROR] SendMail: Failed [details: 535 5.7.8 not accepted. Learn more at",
        "5.7.8  https://example.com/help 4fsm]",
    ),
    "Rollbar's frames": ("Net::SMTPFatalError: 552 5.3.4 too big", 'File "/app/smtp.rb", line 981, in check_response'),
    "Bugsnag's page": (
        "**Net::SMTPFatalError** in **ActionMailer::MailDeliveryJob@mailers**",
        "550 The from address is not verified",
        "",
        "## Stacktrace",
        "    /usr/lib/ruby/3.1.0/net/smtp.rb:969 - check_response",
    ),
    "Errbit's frames": ("Net::SMTPFatalError: 550 no", "## Backtrace ##", "```", "88:  /usr/net/smtp.rb -> **data**"),
    "frames that journalctl's pager cut": (
        "2026-11-02T09:15:00.114Z pid=7 tid=a WARN: /srv/ruby/3.1.0/net/smtp.rb:631:in `tcp_socket'",
        "/srv/ruby/3.1.0/gems/net-smtp-0.3.3/lib/net/smtp.rb:6>",
        "/srv/ruby/3.1.0/gems/net-smtp-0.3.3/lib/n\u2026",
        "/srv/ruby/3.1.0/timeout.rb:189:in `block in time>",
    ),
    "Bugsnag's page with its links": (
        "**Net::SMTPFatalError** in **ActionMailer::MailDeliveryJob@mailers**",
        "550 The from address is not verified",
        "[View on Bugsnag](https://app.bugsnag.example/shop/errors/1f?i=gh)",
        "## Stacktrace",
        "    /usr/lib/ruby/3.1.0/net/smtp.rb:969 - check_response",
        "[View full stacktrace](https://app.bugsnag.example/shop/errors/1f?i=gh)",
    ),
    "Airbrake's page": (
        "**Airbrake error:** [#7](https://shop.airbrake.example/groups/7)",
        "**Airbrake project:** shop",
        "**Error type:** `Net::SMTPServerBusy`",
        "**Error message:** `` 450 4.1.2 no such domain ``",
        "**Where:** `orders#create`",
        "**Severity:** `error`",
        "**URL:** [https://shop.example.org/orders](https://shop.example.org/orders)",
        "**File:** `/app/net/smtp.rb`",
        "**Backtrace:**",
        "```",
        "/app/net/smtp.rb:969:in check_response",
    ),
    "better_errors' page": ("Net::SMTPServerBusy at /users", "450 4.7.1 Come back later"),
    "Rails' page for an exception": (
        "Net::OpenTimeout in OrdersController#create",
        "execution expired",
        "Rails.root: /srv/shop",
        "Application Trace | Framework Trace | Full Trace",
        "net/smtp.rb:540:in `open'",
    ),
    "frames that Markdown took a blank from": (
        "EOFError: end of file reached",
        "/app/net/smtp.rb:945:in`recv_response'",
    ),
    "Postal's test of the settings": (
        "Message was not delivered successfully to SMTP server.",
        "Error: Timeout::Error (execution expired)",
    ),
    "PocketBase's test of the settings": (
        "Failed to send the test email. Raw error: ",
        "535 Authentication failed",
    ),
    "Sidekiq's web page": ("Net::SMTPFatalError", "550 The from address is not verified"),
    "the class on a line of its own": (
        "2026-11-02T09:15:00.114Z pid=7 tid=a WARN: Net::SMTPFatalError:",
        "550 The from address is not verified",
    ),
    "a chained Python traceback and the stack": (
        "2026-11-02 09:15:00.607 ERR  [zulip.send_email] Error sending x",
        "Traceback (most recent call last):",
        '  File "/usr/lib/python3.11/smtplib.py", line 898, in sendmail',
        "    raise SMTPRecipientsRefused(senderrs)",
        "    ~~~~~~~~~~~^^^^^^^^^",
        "smtplib.SMTPRecipientsRefused: {'carol@example.org': (550, b'5.1.1 no')}",
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        "Traceback (most recent call last):",
        '  File "/srv/send_email.py", line 311, in send_email',
        "zerver.lib.send_email.EmailNotDeliveredError",
        "Stack (most recent call last):",
        '  File "/srv/manage.py", line 150, in <module>',
        "    main()",
    ),
    "a traceback without its beginning": (
        '  File "/usr/lib/python3.11/smtplib.py", line 898, in sendmail',
        "    raise SMTPDataError(code, resp)",
        "smtplib.SMTPDataError: (451, b'queue file write error')",
    ),
    "a traceback that lost its indent": (
        "Traceback (most recent call last):",
        'File "/usr/lib/python3.11/smtplib.py", line 898, in sendmail',
        "raise SMTPDataError(code, resp)",
        "smtplib.SMTPDataError: (451, b'queue file write error')",
    ),
    "bytes cut by the terminal": (
        "2026-11-02 09:15:00,332 ERROR    Error sending x with error code 535: b'5.7.8 authentication",
        "failed'",
    ),
    "Java": (
        "SEVERE: mail",
        "\tat javax.mail.Transport.send(Transport.java:1)",
        "Caused by: java.net.X: y",
        "... 3 more",
    ),
    "PHP": ("PHP Fatal error: x", "Stack trace:", "#0 /var/www/html/mail.php(12): send()"),
    "SwiftMailer's quotation of several lines": (
        'Expected response code 250 but got code "550", with message "550-5.7.1 not',
        "550 5.7.1 yours",
        '"',
    ),
    "SwiftMailer's quotation": (
        'Expected response code 250 but got code "550", with message "550 5.7.1 not yours',
        '" on line 457 of /var/www/html/AbstractSmtpTransport.php',
    ),
    "OpenSSL's errors as PHP shows them": (
        "PHP Warning: stream_socket_enable_crypto(): SSL operation failed with code 5. OpenSSL Error messages:",
        "error:80000002:system library::No such file or directory",
        "error:0A000086:SSL routines::certificate verify failed",
    ),
    "JSON without its beginning": ('"version": "31.0.1",', '"exception": {', '"Message": "no",', '"Trace": []', "}"),
    "pretty-printed JSON": ("{", '  "level": "error",', '  "fields": {', '    "a": 1', "  }", "}"),
    "JSON without its indent": ("{", '"level": "error",', '"fields": {', '"a": 1', "},", '"b": 2', "}"),
    "JSON cut by newlines": ('{"level":"error","msg":"failed to', 'send mail","caller":"a.go:1"}'),
    "Django's debug page": (
        "SMTPAuthenticationError at /accounts/password/reset/",
        "(535, b'5.7.8 not accepted')",
        "Request Method:\tPOST",
        "Exception Value:\t",
        "(535, b'5.7.8 not accepted')",
        "Exception Location:\t/usr/lib/python3.11/smtplib.py in auth, line 662",
    ),
}


def as_lines(texts: Iterable[str], unit: str | None = None) -> Iterator[Line]:
    for number, text in enumerate(texts, start=1):
        yield Line(text, Place("x.log", number), unit=unit)


def joined(texts: Iterable[str]) -> list[str]:
    return [record.text for record in join_lines(as_lines(texts))]


@pytest.mark.parametrize("lines", CONTINUED.values(), ids=CONTINUED)
def test_entry_of_several_lines_is_one_record(lines: tuple[str, ...]) -> None:
    records = list(join_lines(as_lines([HEADS["Zulip B"], *lines, HEADS["Ruby's Logger"]])))

    own_head = lines[0].startswith(("Trace", "  File"))  # these continue whatever stands before them
    assert "\n".join(line for line in lines if line) == records[-2].text.removeprefix(f"{HEADS['Zulip B']}\n")
    assert len(lines) + own_head == records[-2].lines
    assert [HEADS["Ruby's Logger"]] == [record.text for record in records[-1:]]


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("lines", CONTINUED.values(), ids=CONTINUED)
def test_head_ends_the_entry_before_it(lines: tuple[str, ...], head: str) -> None:
    for end in range(1, len(lines) + 1):
        assert head == joined([*lines[:end], head])[-1]


def test_lines_that_nothing_ties_stay_apart() -> None:
    texts = ["Listening on 0.0.0.0:3000", "550 5.1.1 no such user", "550 5.1.1 no such user", "Delivered mail x"]

    assert texts == joined(texts)


def test_a_quotation_that_is_cut_off_ends_with_its_line() -> None:
    one = 'Expected response code 250 but got code "550", with message "550 5.1.1 no such user'
    other = 'Expected response code 250 but got code "535", with message "535 5.7.8 no such login'

    assert [one, other] == joined([one, other])


def test_second_traceback_is_a_record_of_its_own() -> None:
    traceback = ["Traceback (most recent call last):", '  File "x.py", line 1, in y', "OSError: x"]

    assert ["\n".join(traceback)] * 2 == joined([*traceback, *traceback])


def test_interleaved_writers_are_kept_apart_and_in_order() -> None:
    frames = [f"/app/a.rb:{number}:in 'x'" for number in range(20)]
    lines = [Line("Net::OpenTimeout: execution expired", Place("x", 0), unit="sidekiq")]
    for number, frame in enumerate(frames, start=1):
        lines += [
            Line(f"LOG: {number}", Place("x", number), unit="db"),
            Line(frame, Place("x", number), unit="sidekiq"),
        ]

    records = list(join_lines(lines))

    assert ["Net::OpenTimeout: execution expired", *frames] == records[0].text.split("\n")
    assert [f"LOG: {number}" for number in range(1, 21)] == [record.text for record in records[1:]]


def test_records_come_in_the_order_of_the_log() -> None:
    lines = [Line(f"x {number}", Place("x", number), pid=number % 7 * number) for number in range(500)]

    assert list(range(500)) == [record.place.line for record in join_lines(lines)]


def test_rest_without_envelope_belongs_to_the_line_before() -> None:
    lines = [
        Line("Net::SMTPFatalError (550 5.1.1 no", Place("x", 1), unit="sidekiq"),
        Line("):", Place("x", 2)),
        Line("a plain line", Place("x", 3)),
    ]

    assert ["Net::SMTPFatalError (550 5.1.1 no\n):", "a plain line"] == [record.text for record in join_lines(lines)]


@pytest.mark.parametrize(
    "text",
    ["Mailer->send() failed: Connection to mail.example.net:587 timed out", "Mailgun API response 401 (Forbidden)"],
)
def test_a_failure_that_looks_like_a_part_of_another_one_is_an_entry(text: str) -> None:
    assert ["job 5 started", text, text] == joined(["job 5 started", text, text])


def test_what_follows_an_announced_object_that_does_not_come_is_an_entry() -> None:
    texts = ["Postal API response 500 boom:", "Net::SMTPFatalError: 550 5.1.1 no such user"]

    assert texts == joined(texts)


def test_envelopes_word_on_continuation_is_taken() -> None:
    lines = [Line("one", Place("x", 1)), Line(HEADS["Zulip A"], Place("x", 1), continues=True)]

    assert [f"one\n{HEADS['Zulip A']}"] == [record.text for record in join_lines(lines)]


def test_record_is_cut_and_all_its_lines_are_counted() -> None:
    texts = [HEADS["Zulip A"], *(f"  {number:08}" for number in range(5000))]

    [record] = join_lines(as_lines(texts))

    assert (5001, 400) == (record.lines, record.text.count("\n") + 1)


def test_memory_stays_flat_over_endless_writers() -> None:
    held = 0

    def endless() -> Iterator[Line]:
        nonlocal held
        for number in range(20_000):
            held += 1
            yield Line("x", Place("x", number), pid=number)

    most = 0
    for _ in join_lines(endless()):
        held -= 1
        most = max(most, held)

    assert most <= 110


@given(st.lists(st.text(max_size=80) | st.sampled_from([line for lines in CONTINUED.values() for line in lines])))
def test_no_line_is_lost_or_read_twice(texts: list[str]) -> None:
    records = list(join_lines(as_lines(texts)))

    kept = [text for record in records for text in record.text.split("\n") if text.strip()]
    assert [part for text in texts for part in text.split("\n") if part.strip()] == kept


@pytest.mark.parametrize(
    "hostile", ["A" * 9000, "(" * 9000, "A::" * 3000, "a/" * 4000, "X (" * 3000, " b'" * 3000, '"' * 9000]
)
def test_hostile_lines_take_no_time(hostile: str) -> None:
    assert len(joined([hostile] * 50)) >= 1
