"""Rails and Sidekiq: each failed try to send mail counts once, and no other job's failure does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import maillogdiag
from maillogdiag.attempts import Attempt, Outcome, assemble_attempts
from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Failure, Phase
from maillogdiag.grammars.rails import GRAMMAR
from maillogdiag.joining import join_lines
from maillogdiag.records import Line, Place, Record

JOB = "86fb1c52-0000-4000-8000-000000000001"
REQUEST = "acf94ddf-0000-4000-8000-000000000001"
TAGS = f"[ActiveJob] [ActionMailer::MailDeliveryJob] [{JOB}]"
ON = f"ActionMailer::MailDeliveryJob (Job ID: {JOB}) from Sidekiq(mailers)"
ARGUMENTS = '"UserMailer", "welcome", "deliver_now", {:args=>[#<GlobalID @uri=#<URI::GID gid://mastodon/User/7>>]}'
WRAPPED = '"class":"ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper","wrapped":"ActionMailer::MailDeliveryJob"'
HASH = (
    f'{{{WRAPPED},"queue":"mailers","args":[{{"job_class":"ActionMailer::MailDeliveryJob","job_id":"{JOB}",'
    '"arguments":["UserMailer","welcome","deliver_now",{"_aj_globalid":"gid://mastodon/User/7"}]}],"jid":"f00d"}'
)
RUBY_HASH = HASH.replace('":', '" => ')
ODD_HASH = HASH.replace(
    '"jid":"f00d"', '"jid":"f00d","error_message":"execution expired","error_class":"Net::OpenTimeout"'
)
SMTP_FRAME = "/usr/lib/ruby/3.1.0/net/smtp.rb:955:in `rcptto'"
HTTP_FRAME = "/usr/lib/ruby/3.1.0/net/http.rb:987:in `initialize'"
FIVE = "2021-03-01T10:00:00.100Z 12 TID-gs1"
SIX = "2021-03-01T10:00:00.100Z pid=12 tid=gs1"
EIGHT = "2026-03-01T10:00:00.100Z pid=12 tid=gs1"


def read(log: str, unit: str | None = None) -> list[Event]:
    """The events of a log without envelopes."""
    lines = (Line(text, Place("x.log", number), unit=unit) for number, text in enumerate(log.splitlines(), 1))
    return [event for record in join_lines(lines) for event in GRAMMAR.read(record)]


def tries(log: str) -> list[Attempt]:
    return list(assemble_attempts(read(log)))


def failures(log: str) -> list[Failure | None]:
    """For each failed try the failure of its last line that has one."""
    return [
        next((event.failure for event in reversed(attempt.events) if event.failure), None)
        for attempt in tries(log)
        if attempt.outcome is Outcome.FAILED
    ]


ONE_FAILED_TRY = {
    "sidekiq 3, Ruby hash and no class": """\
2015-05-02T16:24:15Z 7684 TID-64o EmailsOnPushWorker JID-5a1b INFO: start
2015-05-02T16:24:16Z 7684 TID-64o EmailsOnPushWorker JID-5a1b INFO: fail: 0.9 sec
2015-05-02T16:24:16Z 7684 TID-64o WARN: {"retry"=>true, "class"=>"EmailsOnPushWorker", "jid"=>"5a1b"}
2015-05-02T16:24:16Z 7684 TID-64o WARN: Connection refused - connect(2) for "localhost" port 25
2015-05-02T16:24:16Z 7684 TID-64o WARN: /usr/lib/ruby/2.1.0/net/smtp.rb:540:in `initialize'
/usr/lib/ruby/2.1.0/net/smtp.rb:540:in `open'""",
    "sidekiq 4, hash alone": f"{FIVE} WARN: {HASH}\n{FIVE} WARN: Net::ReadTimeout: Net::ReadTimeout",
    "sidekiq 5": f"""\
{FIVE} ActionMailer::MailDeliveryJob JID-f00d INFO: start
{TAGS} Performing {ON} with arguments: {ARGUMENTS}
{TAGS} Error performing {ON} in 59.19ms: Net::SMTPFatalError (554 5.7.1 <a@example.net>: Relay access denied
):
{SMTP_FRAME}
{FIVE} ActionMailer::MailDeliveryJob JID-f00d INFO: fail: 0.31 sec
{FIVE} WARN: {{"context":"Job raised exception","job":{HASH}}}
{FIVE} WARN: Net::SMTPFatalError: 554 5.7.1 <a@example.net>: Relay access denied

{FIVE} WARN: {SMTP_FRAME}""",
    "without time, as on Heroku": f"{FIVE[25:]} WARN: Net::SMTPServerBusy: 451 4.7.1 Greylisting in action",
    "a paste whose start is cut": "TID-1p WARN: Net::SMTPFatalError: 550 5.1.1 User unknown",
    "sidekiq 6, time-out known as mail's by its frames": f"""\
{SIX} WARN: Net::OpenTimeout: execution expired
{SIX} WARN: {SMTP_FRAME}""",
    "sidekiq 6, an error in a mail job that says nothing of mail": f"""\
{SIX} WARN: {{"context":"Job raised exception","job":{HASH}}}
{SIX} WARN: NoMethodError: undefined method `foo' for nil:NilClass
{SIX} WARN: /home/mastodon/live/app/mailers/user_mailer.rb:10:in `welcome'""",
    "sidekiq 6, behind a prefix nobody knows": f"10:00:00 worker.1 | {SIX} WARN: Net::SMTPFatalError: 550 No",
    "sidekiq 8": f"""\
INFO  {EIGHT} jid=f00d class=ActionMailer::MailDeliveryJob: start
INFO  {EIGHT} jid=f00d class=ActionMailer::MailDeliveryJob elapsed=1.0: fail
INFO  {EIGHT} context=Job raised exception job={RUBY_HASH}: 535-5.7.8 Not accepted (Net::SMTPAuthenticationError)""",
    "sidekiq 8, coloured": f"\x1b[1;34mINFO \x1b[0m {EIGHT} context=Job raised exception job={RUBY_HASH}: x (EOFError)",
    "sidekiq 8, cut in the hash": f"INFO  {EIGHT} context=Job raised exception job={RUBY_HASH[:150]}",
    "JSON formatter of sidekiq 6, cut": (
        '{"ts":"2022-02-01T08:00:01.001Z","pid":5,"tid":"a","lvl":"WARN","msg":"{\\"context\\":\\"Job raised '
        'exception\\",\\"job\\":{\\"wrapped\\":\\"ActionMailer::MailDeliveryJob\\",\\"queue\\":\\"mai'
    ),
    "JSON formatter of sidekiq 8": (
        '{"ts":"2026-02-01T08:00:01.001Z","pid":5,"tid":"a","lvl":"INFO","msg":"550 No (Net::SMTPFatalError)",'
        f'"ctx":{{"context":"Job raised exception","job":{HASH}}}}}'
    ),
    "given up, and nothing else in the log": f"{FIVE} INFO: Adding dead ActionMailer::DeliveryJob job f00d",
    "retry_on, which performs the job all the same": f"""\
{TAGS} Performing {ON} enqueued at 2021-01-01T00:00:00Z with arguments: {ARGUMENTS}
{TAGS} Retrying ActionMailer::MailDeliveryJob in 3 seconds, due to a Net::OpenTimeout.
{TAGS} Performed {ON} in 5000.1ms""",
    "retry_on of Rails 7.1": f"""\
{TAGS} Retrying {ON[:-22]} after 1 attempts in 3 seconds, due to a Net::SMTPServerBusy (450 4.2.0 Greylisted
).""",
    "retries used up": f"{TAGS} Stopped retrying {ON[:-22]} due to a Net::ReadTimeout (x), which reoccurred on 5.",
    "discarded": f"{TAGS} Discarded ActionMailer::MailDeliveryJob due to a Net::SMTPSyntaxError.",
    "redis was down, so that the mail never got into the queue": (
        "[ActiveJob] Failed enqueuing ActionMailer::MailDeliveryJob to Sidekiq(mailers): "
        "Redis::CannotConnectError (Error connecting to Redis on localhost:6379 (Errno::ECONNREFUSED))"
    ),
    "an own job class and an SMTP error": (
        f"[ActiveJob] [ReportJob] [{JOB}] Error performing ReportJob (Job ID: {JOB}) from Async(default) in 9.1ms: "
        "Net::SMTPFatalError (550 Request failed; Mailbox unavailable\n):"
    ),
    "a paste wrapped at blanks": f"""\
E, [2020-05-28T15:45:35.970156 #1502] ERROR -- : [ActiveJob] [ActionMailer::DeliveryJob]
[{JOB}] Error performing ActionMailer::DeliveryJob
(Job ID: {JOB}) from Async(mailers) in 1292.79ms:
Net::SMTPAuthenticationError (504 5.7.4 Unrecognized authentication type
):""",
    "ActionMailer of Rails 7.1 and ActiveJob": f"""\
{TAGS} Failed delivery of mail 6@example.org error_class=Net::SMTPFatalError error_message="550 5.1.1 No\\n"
{TAGS} Error performing {ON} in 50.1ms: Net::SMTPFatalError (550 5.1.1 No
):""",
    "perform_deliveries is off": f"""\
{TAGS} Skipped delivery of mail 6@example.org as `perform_deliveries` is false
{TAGS} Performed {ON} in 59.19ms""",
    "a web request that sends mail itself": f"""\
I, [2024-01-01T00:00:01.1 #5]  INFO -- : [{JOB}] Delivered mail 66@example.org (55.1ms)
I, [2024-01-01T00:00:01.2 #5]  INFO -- : [{JOB}] Completed 500 Internal Server Error in 306ms
F, [2024-01-01T00:00:01.3 #5] FATAL -- : [{JOB}]
F, [2024-01-01T00:00:01.3 #5] FATAL -- : [{JOB}] Errno::ECONNREFUSED (Connection refused - connect(2) for "h" port 25):
F, [2024-01-01T00:00:01.3 #5] FATAL -- : [{JOB}] app/controllers/users_controller.rb:10:in `create'""",
    "delayed_job": """\
[Worker(host:web pid:99)] Job UserMailer.welcome (id=17) RUNNING
[Worker(host:web pid:99)] Job UserMailer.welcome (id=17) FAILED (0 prior attempts) with Net::OpenTimeout: x""",
    "delayed_job in the foreground, which prints and logs": """\
[Worker(host:web pid:99)] Job UserMailer.welcome (id=17) RUNNING
I, [2024-01-01T00:00:01.1 #99]  INFO -- : 2024-01-01T00:00:01+0000: [Worker(host:web)] Job UserMailer.welcome \
(id=17) RUNNING
[Worker(host:web pid:99)] Job UserMailer.welcome (id=17) FAILED (1 prior attempts) with Net::SMTPFatalError: 550 No
E, [2024-01-01T00:00:02.1 #99] ERROR -- : 2024-01-01T00:00:02+0000: [Worker(host:web)] Job UserMailer.welcome (id=17) \
FAILED (1 prior attempts) with Net::SMTPFatalError: 550 No""",
    "the test mail of mastodon:setup, on one line": (
        "E-mail could not be sent with this configuration, try again. 535 5.7.8 Error: authentication failed"
    ),
    "the test mail of mastodon:setup": """\
Send test e-mail to: admin@example.org
E-mail could not be sent with this configuration, try again.
535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6""",
    "GitLab's JSON": (
        '{"severity":"WARN","class":"ActionMailer::MailDeliveryJob","jid":"abc","job_status":"fail",'
        '"error_message":"execution expired","error_class":"Net::OpenTimeout","exception.class":"Net::OpenTimeout"}'
    ),
    "GitLab's two logs of a job": """\
{"severity":"ERROR","time":"2024-05-02T10:00:00.000Z","exception.class":"Net::SMTPFatalError",\
"exception.message":"550 5.1.1 No","extra.sidekiq":{"class":"ActionMailer::MailDeliveryJob","jid":"beef"}}
{"severity":"WARN","time":"2024-05-02T10:00:00.001Z","class":"ActionMailer::MailDeliveryJob","jid":"beef",\
"job_status":"fail","exception.class":"Net::SMTPFatalError","exception.message":"550 5.1.1 No"}""",
    "lograge": '{"path":"/users","status":500,"exception":["Net::SMTPFatalError","550 5.7.1 Not allowed\\n"]}',
    "Que": '{"lib":"que","event":"job_errored","error":{"class":"Net::SMTPFatalError","message":"550 5.1.1 No"}}',
    "a wrapper and its cause": """\
ERROR -- : Smtp: 'x' (port 465): :enable_starttls and :tls are mutually exclusive. (ArgumentError)
ERROR -- : 'x' (port 465): :enable_starttls and :tls are mutually exclusive. (ArgumentError)""",
    "an application that logs it as information": f"{SIX} INFO: Net::SMTPFatalError: 550 5.1.1 User unknown",
    "Discourse's log": "Job exception: 535 5.7.8 Error: authentication failed:",
    "Discourse's wrapper": "Job exception: Wrapped Net::SMTPAuthenticationError: 535 5.7.8 Error: failed",
    "an error tracker's page": "Errno::ECONNRESET in ActionMailer::MailDeliveryJob@mailers\nConnection reset by peer",
    "Airbrake's issue": "Error type: `Net::SMTPFatalError`\nError message: `` 550 5.7.1 Rejected ``\nWhere: `a#b`",
    "inspected, JSON-escaped": '{"error":"Can\'t send: #\\u003cNet::SMTPServerBusy: 421 Try later\\n\\u003e"}',
    "Redmine's notice": "An error occurred while sending mail (end of file reached)",
    "OpenProject's notice": "An error occurred while sending mail (Net::ReadTimeout with #<TCPSocket:(closed)>)",
    "inspected, and the reply in the next entry": """\
E, [2024-01-01T00:00:01.1#769-112] ERROR -- : Can't send: #<Net::SMTPFatalError: Net::SMTPFatalError>
E, [2024-01-01T00:00:01.1#769-112] ERROR -- : 550 5.1.1 <a@example.net>: User unknown""",
    "inspected, and the exception in the next entry": f"""\
E, [2024-01-01T00:00:01.1 #769] ERROR -- : Can't send: #<Net::SMTPFatalError: Net::SMTPFatalError>
E, [2024-01-01T00:00:01.1 #769] ERROR -- : 550 5.1.1 <a@example.net>: User unknown (Net::SMTPFatalError)
{SMTP_FRAME}""",
    "inspected, and no more": (
        "E, [2024-01-01T00:00:01.1 #769] ERROR -- : Can't send: #<Net::SMTPFatalError: Net::SMTPFatalError>"
    ),
    "what ends a script": f"{SMTP_FRAME}: 550 5.1.1 User unknown (Net::SMTPFatalError)\n\tfrom {SMTP_FRAME}",
    "Bugsnag's page": f"""\
**Net::SMTPServerBusy** in **ActionMailer::MailDeliveryJob@mailers**
454 4.3.0 Try again later

## Stacktrace

    {SMTP_FRAME.split(":in")[0]} - rcptto""",
    "Airbrake's page with its marks": "**Error type:** `Net::SMTPFatalError`\n**Error message:** `` 550 5.7.1 No ``",
    "Airbrake's whole page": f"""\
**Airbrake error:** [#7](https://shop.airbrake.example/groups/7)
**Error type:** `Net::SMTPServerBusy`
**Error message:** `` 450 4.1.2 <a@example.net>: Recipient address rejected: Domain not found ``
**Where:** `orders#create`
**Severity:** `error`

**URL:** [https://shop.example.org/orders](https://shop.example.org/orders)
**File:** `/app/net/smtp.rb`

**Backtrace:**
```
{SMTP_FRAME}""",
    "exception_notification's mail": f"""\
A Net::SMTPFatalError occurred in orders#create:

  550 5.1.1 <a@example.net>: User unknown
  app/controllers/orders_controller.rb:22:in `create'


-------------------------------
Backtrace:
-------------------------------

  {SMTP_FRAME}""",
    "exception_notification's mail from the background": f"""\
A Net::OpenTimeout occurred in background at 2024-02-02 10:00:00 +0100 :

  execution expired
  {SMTP_FRAME}""",
    "exception_notification's mail without its indent": "A Net::SMTPSyntaxError occurred in a#b:\n501 Syntax error",
    "Zammad's sendmail": "Can't use Channel::Driver::Sendmail: #<Errno::EPIPE: Broken pipe>",
    "better_errors' page": "Net::SMTPServerBusy at /users\n450 4.7.1 <a@example.net>: Come back later",
    "what ends a line typed into a console": f"""\
shop(prod)> UserMailer.welcome(user).deliver_now
net-smtp (0.5.1) lib/net/smtp.rb:883:in `check_auth_args': wrong authentication type false (ArgumentError)

      raise ArgumentError, "wrong authentication type #{{type}}"
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
\tfrom {SMTP_FRAME}""",
    "message and frames logged one after the other": f"""\
E, [2024-01-01T00:00:01.1 #769] ERROR -- : [{REQUEST}] end of file reached
E, [2024-01-01T00:00:01.1 #769] ERROR -- : [{REQUEST}] {SMTP_FRAME}
{SMTP_FRAME}""",
    "an SMTP error and its frames logged one after the other": f"""\
E, [2024-01-01T00:00:01.1 #769] ERROR -- : Cannot send: #<Net::SMTPFatalError: 550 5.1.1 User unknown>
E, [2024-01-01T00:00:01.1 #769] ERROR -- : {SMTP_FRAME}""",
    "Postal's test of its settings": "Message was not delivered successfully to SMTP server.\nError: EOFError (end)",
    "Postmark's web interface": "Postmark::ApiInputError (Invalid 'To' address: 'a@b'.):\n  app/a.rb:1:in `b'",
    "Postmark's frames": "Error sending\n/gems/postmark-1.25.1/lib/postmark/http_client.rb:78:in `handle_response'",
    "Amazon's web interface": "Aws::SESV2::Errors::MessageRejected: Email address is not verified.",
    "words around a time-out": "Mail delivery failed, next try in 5 s: Net::OpenTimeout execution expired",
    "a wrong value": "ArgumentError: wrong authentication type none",
    "frames that journalctl's pager cut": f"""\
{SIX} WARN: Net::OpenTimeout: execution expired
{SIX} WARN: /home/mastodon/.rbenv/versions/3.2.2/lib/ruby/3.2.0/net/smtp.rb:6>
/home/mastodon/.rbenv/versions/3.2.2/lib/ruby/gems/3.2.0/gems/mail-2.8.1/lib/mail/network/delivery_methods/smt>""",
    "the message alone": "SMTP-AUTH requested but missing user name",
    "message and frames": f"550 5.1.1 <a@example.net>: User unknown\n\n{SMTP_FRAME}",
    "message, a colon and frames": f"Exception. * OK IMAP4rev1 ready.\n: {SMTP_FRAME}\n{SMTP_FRAME}",
    "a local port that only mail uses": 'Connection refused - connect(2) for "localhost" port 25',
}

NOTHING_FAILED = {
    "a web request's status in a log of Ruby's": "E, [2024-01-01T00:00:01.1 #7] ERROR -- : 500 Internal Server Error",
    "what ends a script, in the web": f"{HTTP_FRAME}: execution expired (Net::OpenTimeout)\n\tfrom {HTTP_FRAME}",
    "start and done": f"""\
{SIX} class=ActionMailer::MailDeliveryJob jid=f00d INFO: start
{SIX} class=ActionMailer::MailDeliveryJob jid=f00d elapsed=1.0 INFO: done""",
    "enqueued": f"[ActiveJob] Enqueued {ON.replace('from', 'to')} with arguments: {ARGUMENTS}",
    "a federation job, sidekiq 6": f"""\
{SIX} class=ActivityPub::DeliveryWorker jid=beef INFO: start
{SIX} class=ActivityPub::DeliveryWorker jid=beef elapsed=0.1 INFO: fail
{SIX} WARN: {{"context":"Job raised exception","job":{{"class":"ActivityPub::DeliveryWorker","queue":"push"}}}}
{SIX} WARN: OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 state=error: certificate verify failed
{SIX} WARN: /home/mastodon/gems/http-4.4/lib/http/timeout/null.rb:24:in `connect_nonblock'""",
    "a federation job, sidekiq 8": (
        f'INFO  {EIGHT} context=Job raised exception job={{"class" => "ActivityPub::DeliveryWorker"}}: '
        "SSL_connect returned=1 errno=0 peeraddr=192.0.2.1:443 state=error (OpenSSL::SSL::SSLError)"
    ),
    "a federation job behind a mail on the same thread": f"""\
{SIX} class=ActionMailer::MailDeliveryJob jid=f00d INFO: start
{SIX} class=ActionMailer::MailDeliveryJob jid=f00d elapsed=1.0 INFO: done
{SIX} WARN: Net::OpenTimeout: execution expired
{SIX} WARN: {HTTP_FRAME}""",
    "a federation job that is given up": f"{FIVE} INFO: Adding dead ActivityPub::DeliveryWorker job f00d",
    "a webhook": f"""\
[ActiveJob] Error performing WebhookJob (Job ID: {JOB}) from Sidekiq(low) in 5.1ms: Net::OpenTimeout (x):
{HTTP_FRAME}""",
    "incoming mail": (
        f"[ActiveJob] Error performing Inboxes::FetchImapEmailsJob (Job ID: {JOB}) from Sidekiq(low) in 5.1ms:"
        " OpenSSL::SSL::SSLError (SSL_connect returned=1 errno=0 peeraddr=192.0.2.1:993 state=error):"
    ),
    "a job that reads mail": (
        f"[ActiveJob] Error performing ActionMailbox::RoutingJob (Job ID: {JOB}) from Sidekiq(action_mailbox_routing) "
        "in 5.1ms: Net::OpenTimeout (execution expired):"
    ),
    "a web request that searches": (
        "F, [2024-01-01T00:00:01.3 #5] FATAL -- : "
        'Errno::ECONNREFUSED (Connection refused - connect(2) for "localhost" port 9200):'
    ),
    "HTTP without a host": "Failed to open TCP connection to :443 (Connection refused - connect(2) for nil port 443)",
    "GitLab's webhook": '{"class":"WebHookWorker","queue":"web","error_message":"x","error_class":"Net::OpenTimeout"}',
    "a worker that is stopped": f"{SIX} WARN: Sidekiq::Shutdown: Sidekiq::Shutdown",
    "a webhook and its frames logged one after the other": f"""\
E, [2024-01-01T00:00:01.1 #769] ERROR -- : [{REQUEST}] execution expired
E, [2024-01-01T00:00:01.1 #769] ERROR -- : [{REQUEST}] {HTTP_FRAME}
{HTTP_FRAME}""",
    "mail that is fetched": "Mail fetch failed, next try in 5 s: Net::OpenTimeout execution expired",
    "Amazon's web interface for something else": "Aws::S3::Errors::AccessDenied: Access Denied",
    "Sidekiq's own frames": f"{SIX} WARN: /usr/lib/gems/sidekiq-6.5.12/lib/sidekiq/processor.rb:125:in `dispatch'",
    "a callback that stops the job": f"{TAGS} Error performing {ON} in 1ms: a before_perform callback halted the job",
    "Python": 'Traceback (most recent call last):\n  File "a.py", line 1\nIOError: [Errno 32] sending email',
    "Postfix": "SSL_connect error to smtp.example.org[192.0.2.1]:587: -1",
    "dpkg": "2026-11-21 09:35:39 status half-configured libnet-smtp-ssl-perl:all 1.04-2",
    "apt": "Install: libldb2:amd64 (2:2.6.2+samba4.17.12, automatic), libnet-smtp-ssl-perl:all (1.04-2, automatic)",
    "gem": "Installing net-smtp-0.5.1.gem\nSuccessfully installed /srv/gems/net-smtp-0.5.1/lib/net/smtp.rb",
    "a warning with Timeout in it": "/gems/http-3.3.0/lib/http/connection.rb:129: warning: HTTP::Timeout::Null#closed?",
}


@pytest.mark.parametrize("log", ONE_FAILED_TRY.values(), ids=ONE_FAILED_TRY)
def test_a_failed_try_counts_once(log: str) -> None:
    assert 1 == len(failures(log))
    assert all(attempt.outcome is Outcome.FAILED for attempt in tries(log))


@pytest.mark.parametrize("log", NOTHING_FAILED.values(), ids=NOTHING_FAILED)
def test_what_is_no_failure_to_send_mail_is_not_reported(log: str) -> None:
    assert [] == failures(log)


@pytest.mark.parametrize("log", [*ONE_FAILED_TRY.values(), *NOTHING_FAILED.values()])
def test_every_record_that_is_read_passes_the_gate(log: str) -> None:
    lines = (Line(text, Place("x.log", number)) for number, text in enumerate(log.splitlines(), 1))
    for record in join_lines(lines):
        assert not GRAMMAR.read(record) or any(anchor in record.text for anchor in GRAMMAR.anchors)


def test_a_retry_is_a_second_try_of_the_same_mail() -> None:
    once = f"{TAGS} Error performing {ON} in 5.1ms: Net::OpenTimeout (execution expired):\n{SMTP_FRAME}\n"

    attempts = tries(once + once.replace("5.1ms", "6.1ms"))

    assert [f"job:{JOB}"] * 2 == [attempt.message for attempt in attempts]


def test_delivered_mail_before_the_error_is_no_success() -> None:
    log = (
        f"{TAGS} Delivered mail 6@example.org (5077.0ms)\n{TAGS} Error performing {ON} in 9ms: EOFError (end of file):"
    )

    assert [Outcome.FAILED] == [attempt.outcome for attempt in tries(log)]


def test_a_mail_that_went_out_is_accepted() -> None:
    log = f"{TAGS} Performing {ON} with arguments: {ARGUMENTS}\n{TAGS} Performed {ON} in 278.09ms"

    (attempt,) = tries(log)

    assert (Outcome.ACCEPTED, "mastodon", "UserMailer#welcome") == (
        attempt.outcome,
        attempt.app,
        attempt.events[0].mail,
    )


def test_the_error_in_the_hash_is_only_context() -> None:
    """From Sidekiq 5 on it is that of the try before."""
    log = f'{SIX} WARN: {{"context":"Job raised exception","job":{ODD_HASH}}}\n{SIX} WARN: Net::SMTPFatalError: 550 No'

    context, exception = read(log)

    assert (EventKind.CONTEXT, EventKind.FAILED) == (context.kind, exception.kind)
    assert exception.failure is not None
    assert 550 == exception.failure.code


def test_an_error_that_another_jobs_arguments_name_did_not_happen() -> None:
    job = '{"class":"PushWorker","queue":"push","args":["Net::OpenTimeout: execution expired"],"jid":"f00d"}'

    (event,) = read(f'{SIX} WARN: {{"context":"Job raised exception","job":{job}}}')
    assert EventKind.WORKED is event.kind


def test_a_mail_job_that_lost_its_database_is_not_diagnosed_as_smtp() -> None:
    (failure,) = failures(f"{TAGS} Error performing {ON} in 9ms: PG::ConnectionBad (connection refused, port 5432):")

    assert failure is not None
    assert "pg::connectionbad" == failure.normal


def test_of_an_exception_and_its_cause_that_of_sending_mail_is_taken() -> None:
    """What ends a script shows the cause last."""
    (failure,) = failures(
        f"/app/a.rb:9:in `b': no mail (Shop::Error)\n{SMTP_FRAME}: 550 5.1.1 No (Net::SMTPFatalError)"
    )

    assert failure is not None
    assert 550 == failure.code


@pytest.mark.parametrize(
    "log",
    [
        '{"exception_class":"Net::SMTPFatalError","message":"550 5.1.1 No\\n","backtrace":[]}',  # Solid Queue
        '{"level":"error","exception":{"name":"Net::SMTPFatalError","message":"550 5.1.1 No"}}',  # Semantic Logger
    ],
)
def test_the_code_is_read_from_structured_logs(log: str) -> None:
    (failure,) = failures(log)

    assert failure is not None
    assert 550 == failure.code


def test_gitlabs_logs_of_one_job_have_one_try_for_each_time() -> None:
    """Its two files are read one after the other."""
    class_ = '"exception.class":"Net::SMTPFatalError","exception.message":"550 5.1.1 No","jid":"beef"'
    times = ("2024-05-02T10:00:00.100Z", "2024-05-02T10:04:00.100Z")
    tracked = [f'{{"severity":"ERROR","time":"{time}",{class_}}}' for time in times]
    jobs = [f'{{"severity":"WARN","time":"{time}","job_status":"fail",{class_}}}' for time in times]
    lines = [
        *(Line(text, Place("exceptions_json.log", number)) for number, text in enumerate(tracked, 1)),
        *(Line(text, Place("sidekiq.log", number)) for number, text in enumerate(jobs, 1)),
    ]

    attempts = list(assemble_attempts(event for record in join_lines(lines) for event in GRAMMAR.read(record)))

    assert [datetime.fromisoformat(time) for time in times] == [attempt.first_time for attempt in attempts]


def test_an_http_status_is_no_reply_code() -> None:
    (failure,) = failures(f"{TAGS} Error performing {ON} in 9ms: Mailgun::CommunicationError (550 Server error: no):")

    assert failure is not None
    assert failure.code is None


def test_the_message_below_the_class_is_read() -> None:
    (failure,) = failures(
        "A Net::SMTPFatalError occurred in orders#create:\n\n  552 5.3.4 Message too big\n  a.rb:1:in `b'"
    )

    assert failure is not None
    assert (552, "5.3.4") == (failure.code, failure.enhanced)


def test_recipients_of_old_rails_are_read() -> None:
    (event,) = read(f"[ActiveJob] [ActionMailer::DeliveryJob] [{JOB}] Sent mail to ada@example.net (109.3ms)")

    assert ("ada@example.net", EventKind.STARTED) == (event.recipient, event.kind)


@pytest.mark.parametrize(
    ("frames", "phase"),
    [
        ("net/smtp.rb:1:in `check_auth_response'\nnet/smtp.rb:2:in `auth_plain'", Phase.AUTH),
        ("lib/net/smtp/authenticator.rb:45:in 'Net::SMTP::Authenticator#finish'", Phase.AUTH),
        ("net/smtp.rb:1:in `getok'\nnet/smtp.rb:2:in `mailfrom'", Phase.MAIL_FROM),
        ("net/smtp.rb:1:in `rcptto'\nnet/smtp.rb:2:in `rcptto_list'", Phase.RCPT_TO),
        (
            "net/smtp.rb:1:in `check_response'\nnet/smtp.rb:2:in `data'\nnet/smtp.rb:3:in `rcptto_list'",
            Phase.END_OF_DATA,
        ),
        ("net/smtp.rb:1:in `check_continue'\nnet/smtp.rb:2:in `data'", Phase.DATA),
        ("net/smtp.rb:1:in `recv_response'\nnet/smtp.rb:2:in `block in do_start'", Phase.GREETING),
        ("net/smtp.rb:1:in `initialize'\nnet/smtp.rb:2:in `tcp_socket'\nnet/smtp.rb:3:in `do_start'", Phase.CONNECT),
    ],
)
def test_the_innermost_frame_of_net_smtp_names_the_step(frames: str, phase: Phase) -> None:
    frames = "\n".join(f"/usr/lib/ruby/{frame}" for frame in frames.splitlines())

    assert [phase] == [failure.phase for failure in failures(f"Net::SMTPUnknownError (?):\n{frames}") if failure]


@pytest.mark.parametrize(
    ("envelope", "text", "expected"),
    [
        (None, f"{SIX} WARN: Net::SMTPFatalError: 550 No", datetime(2021, 3, 1, 10, 0, 0, 100_000, UTC)),
        (datetime(2021, 3, 1, 12, tzinfo=UTC), f"{SIX} WARN: Net::SMTPFatalError: 550 No", None),
    ],
    ids=["none from the envelope", "the envelope's zone may be wrong"],
)
def test_sidekiqs_own_time_is_taken(envelope: datetime | None, text: str, expected: datetime | None) -> None:
    (event,) = GRAMMAR.read(Record(text, Place("x.log", 1), envelope))

    assert (expected or datetime(2021, 3, 1, 10, 0, 0, 100_000, UTC)) == event.record.time


def test_a_time_without_zone_does_not_replace_the_envelopes() -> None:
    time = datetime(2021, 3, 1, 12, tzinfo=UTC)

    (event,) = GRAMMAR.read(
        Record("E, [2020-01-01T00:00:00.1 #5] ERROR -- : Net::SMTPFatalError: 550", Place("x", 1), time)
    )

    assert time == event.record.time


@pytest.mark.parametrize("unit", ["mastodon-sidekiq.service", "mastodon_sidekiq_1"])
def test_mastodon_is_known_by_its_unit(unit: str) -> None:
    assert ["mastodon"] == [event.app for event in read(f"{SIX} WARN: Net::SMTPFatalError: 550 No", unit)]


FRAGMENTS = st.sampled_from(
    [
        *(line for log in ONE_FAILED_TRY.values() for line in log.splitlines()),
        '{"ts":"2022-02-01T08:00:01.001Z","pid":5,"tid":"a","lvl":"WARN","msg":[],"ctx":[]}',
        *(
            "{",
            "}: ",
            '"',
            "\\",
            "(",
            "):",
            "[",
            "] ",
            "\n",
            "Net::SMTPFatalError",
            "0001-01-01T00:00:00.0Z pid=1 tid=a",
        ),
    ]
)


@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=20)), max_size=8).map("".join))
def test_no_text_raises(text: str) -> None:
    for event in GRAMMAR.read(Record(text, Place("x.log", 1))):
        assert event.record.text == text


@pytest.mark.parametrize(
    "piece",
    ["/", "a/", "Net::", "A::", '"', '\\"', "[a] ", " (", "SMTP ", "class=A ", "at 1.rb:1:in ", '"class":"', "mail "],
)
def test_reading_takes_linear_time(piece: str) -> None:
    """64 KiB of anything are read at once: a pattern that backtracks would take minutes."""
    for head in (
        "",
        f"INFO  {EIGHT} context=Job raised exception job={{",
        f"{SIX} WARN: ",
        "Error performing A from X in 1ms: A (",
    ):
        GRAMMAR.read(Record(head + piece * (64 * 1024 // len(piece)), Place("x.log", 1)))


@pytest.mark.parametrize(
    "message",
    [
        "Could not deliver mail: 550 5.1.1 no such user",
        'Net::OpenTimeout: execution expired {"jid":"ab12","class":"ActionMailer::MailDeliveryJob"}',
    ],
)
def test_a_message_and_its_backtrace_logged_apart_are_one_try(message: str, tmp_path: Path) -> None:
    log = tmp_path / "production.log"
    texts = (message, "/gems/net-smtp-0.3.1/lib/net/smtp.rb:9:in `x'")
    log.write_text("".join(f"E, [2026-11-02T09:25:01.425425 #7] ERROR -- : {text}\n" for text in texts))

    assert 1 == maillogdiag.scan([str(log)]).summary.failed


def test_a_job_s_backtrace_logged_apart_is_of_its_failure_and_another_s_failure_is_not(tmp_path: Path) -> None:
    error = "Error performing ActionMailer::MailDeliveryJob (Job ID: {id}) from DelayedJob(default) in 9.1ms: {reason}"
    backtrace = "/gems/net-smtp-0.3.1/lib/net/smtp.rb:9:in `x'"
    texts = [
        text
        for number in (1, 2)
        for text in (error.format(id=JOB[:-1] + str(number), reason="Net::OpenTimeout (execution expired):"), backtrace)
    ]
    texts += ["Net::SMTPFatalError: 550 5.1.1 no such user", backtrace]
    log = tmp_path / "production.log"
    log.write_text("".join(f"E, [2026-11-02T09:25:01.425425 #7] ERROR -- : {text}\n" for text in texts))

    findings = maillogdiag.scan([str(log)]).findings

    assert {"connection-timeout": 2, "recipient-rejected": 1} == {one.cause: one.count for one in findings}


def test_the_exception_in_the_head_is_not_that_in_a_frame() -> None:
    text = """E, [2026-11-02T09:25:01.425425 #7] ERROR -- : Net::SMTPFatalError: 550 5.1.1 no
/x/app.rb:3:in `foo': bar (RuntimeError)
/gems/net-smtp-0.3.1/lib/net/smtp.rb:9:in `x'"""
    (event,) = GRAMMAR.read(Record(text, Place("production.log", 1)))

    assert event.failure
    assert 550 == event.failure.code
