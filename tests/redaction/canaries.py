# ruff: noqa: E501 - log lines are as long as they are
"""Logs of every application, full of canaries: made-up values that must not be found in anything that leaves."""

from __future__ import annotations

import base64
import html
import json
import quopri
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

_SYLLABLES = [
    "bra",
    "dop",
    "fen",
    "gul",
    "hiv",
    "jor",
    "kel",
    "lum",
    "mip",
    "nax",
    "orv",
    "pid",
    "quo",
    "rel",
    "sov",
    "tib",
    "ulv",
    "wex",
    "yor",
    "zim",
]
Lines = list[str]


@dataclass(frozen=True)
class Canaries:
    """One server's and its users' private values."""

    user: str
    person: str
    email: str
    login: str
    sender: str
    domain: str
    host: str
    machine: str
    recipient_host: str
    ipv4: str
    ipv6: str
    account_id: str
    token: str
    reset_token: str
    invite: str
    session: str
    request: str
    password: str
    api_key: str
    message_id: str
    subject: str

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield each value with its kind."""
        yield from ((name, getattr(self, name)) for name in self.__dataclass_fields__)

    @property
    def auth_plain(self) -> str:
        """What AUTH PLAIN sends (RFC 4616)."""
        return _base64(f"\0{self.login}\0{self.password}")

    @property
    def cram(self) -> str:
        """What AUTH CRAM-MD5 answers (RFC 2195)."""
        return _base64(f"{self.login} {'0af1' * 8}")


def canaries(seed: int) -> Canaries:
    """Return the canaries of one seed."""
    dice = random.Random(seed)

    def word(number: int = 3) -> str:
        return "".join(dice.choice(_SYLLABLES) for _ in range(number))

    def token(length: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(dice.choices(letters, k=length - 1)) + "7"

    user, domain, recipient_host = (
        f"{word()}.{word()}",
        f"{word(4)}.{dice.choice(['org', 'de', 'social', 'co.uk'])}",
        f"{word(4)}.net",
    )
    return Canaries(
        user=user,
        person=f"{word().title()} {word().title()}",
        email=f"{user}@{recipient_host}",
        login=f"{word(4)}@{domain}",
        sender=f"{word(3)}@{domain}",
        domain=domain,
        host=f"{word(4)}.{domain}",
        machine=word(4),
        recipient_host=recipient_host,
        ipv4=f"{dice.randint(60, 99)}.{dice.randint(10, 250)}.{dice.randint(10, 250)}.{dice.randint(10, 250)}",
        ipv6=f"2a01:4f8:{dice.randint(4096, 65535):x}:{dice.randint(4096, 65535):x}::{dice.randint(16, 65535):x}",
        account_id=str(dice.randint(10**8, 10**10)),
        token=token(20),
        reset_token=token(20),
        invite=token(24, string.ascii_lowercase + string.digits),
        session=token(32, string.hexdigits[:16]),
        request=token(24, string.ascii_lowercase + string.digits),
        password=f"{word()}!{token(8)}",
        api_key="SG." + token(22) + "." + token(43),
        message_id=token(24, string.hexdigits[:16]),
        subject=f"{word().title()} {word()} {word()}",
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def mastodon(c: Canaries) -> Lines:
    """ActiveJob's lines and Sidekiq's JSON."""
    job = "MailDeliveryJob"
    arguments = f'"UserMailer", "confirmation_instructions", "deliver_now", {{:args=>[#<GlobalID:0x00007f @uri=#<URI::GID gid://mastodon/User/{c.account_id}>>, "{c.token}", {{:to=>"{c.email}"}}]}}'
    dump = {
        "class": "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper",
        "wrapped": f"ActionMailer::{job}",
        "queue": "mailers",
        "jid": "8e1cf2",
        "args": [
            {
                "job_class": f"ActionMailer::{job}",
                "job_id": "5f1c",
                "arguments": [
                    "UserMailer",
                    "reset_password_instructions",
                    "deliver_now",
                    {
                        "args": [
                            {"_aj_globalid": f"gid://mastodon/User/{c.account_id}"},
                            c.reset_token,
                            {"redirect_to_app": None, "_aj_symbol_keys": ["redirect_to_app"]},
                        ],
                        "_aj_ruby2_keywords": ["args"],
                    },
                ],
                "locale": "en",
            }
        ],
        "error_message": f"535 5.7.8 Error: authentication failed for {c.login}",
        "error_class": "Net::SMTPAuthenticationError",
    }
    return [
        f"2026-11-20T09:00:00.000Z pid=1 tid=a [ActiveJob] [ActionMailer::{job}] [5f1c] Performing ActionMailer::{job} (Job ID: 5f1c) from Sidekiq(mailers) with arguments: {arguments}",
        f"2026-11-20T09:00:01.000Z pid=1 tid=a [ActiveJob] [ActionMailer::{job}] [5f1c] Delivered mail {c.message_id}@{c.host} (9.0ms)",
        f"2026-11-20T09:00:01.500Z pid=1 tid=a [ActiveJob] [ActionMailer::{job}] [5f1c] Error performing ActionMailer::{job} (Job ID: 5f1c) from Sidekiq(mailers) in 9.0ms: Net::SMTPFatalError (553 5.7.1 <{c.sender}>: Sender address rejected: not owned by user {c.login}",
        "):",
        f"/home/{c.machine}/live/vendor/bundle/ruby/3.1.0/gems/net-smtp-0.3.1/lib/net/smtp.rb:1021:in `check_auth_response'",
        "2026-11-20T09:00:02.000Z pid=1 tid=a WARN: "
        + json.dumps({"context": "Job raised exception", "job": dump, "jobstr": json.dumps(dump)}),
        f"2026-11-20T09:00:02.000Z pid=1 tid=a WARN: Net::SMTPAuthenticationError: 535 5.7.8 Error: authentication failed for {c.login}",
        f"2026-11-20T09:00:03.000Z pid=1 tid=a INFO: [5f1c] method=GET path=/auth/confirmation?confirmation_token={c.token}&email={quote(c.email)} remote_ip={c.ipv4} user_id={c.account_id} session_id={c.session}",
        f"2026-11-20T09:00:04.000Z pid=1 tid=a INFO: redis://:{c.password}@10.0.0.5:6379/0 postgres://{c.user}:{c.password}@db.{c.domain}:5432/mastodon",
        f"2026-11-20T09:00:05.000Z pid=1 tid=a [ActiveJob] [ActionMailer::{job}] [5f1d] Error performing ActionMailer::{job} (Job ID: 5f1d) from Sidekiq(mailers) in 9.0ms: Net::OpenTimeout (Failed to open TCP connection to mx.{c.recipient_host}:587 ({c.ipv6})):",
        f"2026-11-20T09:00:06.000Z pid=1 tid=a [ActiveJob] [ActionMailer::{job}] [5f1e] Error performing ActionMailer::{job} (Job ID: 5f1e) from Sidekiq(mailers) in 9.0ms: Net::SMTPSyntaxError (501 5.1.3 Bad recipient address syntax <{c.email}> https://{c.host}/@{c.user}):",
    ]


def zulip(c: Canaries) -> Lines:
    """Logs of the workers and of Django, with smtplib's transcript and a traceback."""
    return [
        f"2026-11-20 09:00:00.000 INFO [zulip.send_email] Sending account_registered email to ['{c.person} <{c.email}>']",
        f"2026-11-20 09:00:01.000 ERR  [zulip.send_email] Error sending account_registered email to ['{c.person} <{c.email}>']: (535, b'5.7.8 Error: authentication failed: {c.login}')",
        "Traceback (most recent call last):",
        f'  File "/home/{c.machine}/deployments/current/zerver/lib/send_email.py", line 278, in send_email',
        f"    connection.login('{c.login}', '{c.password}')",
        f"smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed: {c.login}')",
        f"2026-11-20 09:00:02.000 ERR  [zulip.queue] Problem handling data on queue email_senders: {{'template_prefix': 'zerver/emails/invitation', 'to_user_ids': [{c.account_id}], 'to_emails': ['{c.email}'], 'from_name': '{c.person}', 'from_address': 'noreply-{c.token}@{c.host}', 'subject': '{c.subject}', 'context': {{'activate_url': 'https://{c.host}/accounts/do_confirm/{c.invite}', 'realm_name': '{c.subject}', 'referrer_email': '{c.sender}', 'reset_url': 'https://{c.host}/accounts/password/reset/MTA/{c.token}-{c.session}/'}}}}",
        f"2026-11-20 09:00:03.000 INFO [zr] {c.ipv4}       GET     200 120ms /accounts/do_confirm/{c.invite} ({c.user}@root via website) (user{c.account_id}@{c.machine} via Mozilla)",
        f"reply: retcode (250); Msg: b'{c.host} Hello {c.machine} [{c.ipv4}]\\nAUTH PLAIN LOGIN CRAM-MD5'",
        f"send: 'ehlo {c.host}\\r\\n'",
        f"send: 'AUTH CRAM-MD5 {c.cram}\\r\\n'",
        f"send: 'AUTH PLAIN {c.auth_plain}\\r\\n'",
        "send: 'AUTH LOGIN\\r\\n'",
        "reply: b'334 VXNlcm5hbWU6\\r\\n'",
        f"send: '{_base64(c.login)}\\r\\n'",
        "reply: b'334 UGFzc3dvcmQ6\\r\\n'",
        f"send: '{_base64(c.password)}\\r\\n'",
        f"reply: b'535 5.7.8 {c.host} authentication failed\\r\\n'",
        f"send: 'mail FROM:<{c.sender}> size=999\\r\\n'",
        f"send: 'rcpt TO:<{c.email}>\\r\\n'",
        f"data: (250, b'2.0.0 Ok: queued as 3C1D8C1D28 <{c.message_id}@{c.host}>')",
        f"EMAIL_HOST_PASSWORD = '{c.password}'",
        f"email_password = {c.password}",
    ]


def mattermost(c: Canaries) -> Lines:
    """JSON and console forms of its logger."""
    fields = {
        "user_email": c.email,
        "user_id": c.session,
        "request_id": c.request,
        "path": "/api/v4/users/password/reset/send",
        "ip_addr": c.ipv4,
    }
    return [
        json.dumps(
            {
                "timestamp": "2026-11-20 09:00:00.000 Z",
                "level": "error",
                "msg": "Failed to send password reset email",
                "caller": "app/user.go:1371",
                **fields,
                "error": f"SendPasswordReset: Failed to send password reset email successfully., failed to send mail using standard email: dial tcp: lookup smtp.{c.domain} on 127.0.0.53:53: no such host",
            }
        ),
        json.dumps(
            {
                "timestamp": "2026-11-20 09:00:01.000 Z",
                "level": "error",
                "msg": "mail.sendMail.to.app_error",
                "caller": "mail/mail.go:1",
                "to": c.email,
                "subject": c.subject,
                "from": f"{c.person} <{c.sender}>",
                "error": f"authentication failed: 535 5.7.8 Username and Password not accepted for {c.login}; token={c.token}",
            }
        ),
        json.dumps(
            {
                "level": "error",
                "ts": 1795165200.1,
                "caller": "app/email.go:1",
                "msg": "Unable to send",
                "error": f"gomail: could not send email 1: 550 5.1.1 <{c.email}> unknown",
                "settings": json.dumps(
                    {
                        "SMTPUsername": c.login,
                        "SMTPPassword": c.password,
                        "SMTPServer": f"mail.{c.domain}",
                        "DataSource": f"postgres://{c.user}:{c.password}@localhost/mm",
                    }
                ),
            }
        ),
        f'error [2026-11-20 09:00:02.000 Z] Failed to send verification email caller="app/email.go:2" user_id={c.session} email="{c.email}" error="Failed to send: 554 5.7.1 <{c.email}>: Relay access denied" url=https://{c.host}/do_verify_email?token={c.token}&email={quote(c.email, safe="")}',
        f'error [2026-11-20 09:00:03.000 Z] Failed to send invite email caller="app/email.go:9" to="{c.email}" error="dial tcp [{c.ipv6}]:25: connect: connection refused" link=https://{c.host}/signup_user_complete/?d={quote(json.dumps({"display_name": c.person, "email": c.email}))}&t={c.reset_token}',
    ]


def nextcloud(c: Canaries) -> Lines:
    """nextcloud.log: JSON with an exception and its trace."""
    trace = [
        {
            "file": "/var/www/html/lib/private/Mail/Mailer.php",
            "line": 200,
            "function": "send",
            "class": "OC\\Mail\\Mailer",
            "args": [f"{c.person} <{c.email}>"],
        }
    ]
    entry = {
        "reqId": c.request,
        "level": 3,
        "time": "2026-11-20T09:00:00+00:00",
        "remoteAddr": c.ipv4,
        "user": c.user,
        "app": "settings",
        "method": "POST",
        "url": f"/index.php/lostpassword/reset/form/{c.token}/{c.user}",
        "message": f'Failed to authenticate on SMTP server with username "{c.login}" using the following authenticators: "LOGIN". Authenticator "LOGIN" returned "Expected response code "235" but got code "535", with message "535 5.7.8 Error: authentication failed"."',
        "userAgent": f"Mozilla/5.0 (X11; {c.machine}) Gecko/20100101",
        "version": "28.0.4.1",
        "exception": {
            "Exception": "Symfony\\Component\\Mailer\\Exception\\TransportException",
            "Message": f'Connection could not be established with host "ssl://smtp.{c.domain}:465": stream_socket_client(): SSL operation failed',
            "Code": 0,
            "Trace": trace,
        },
    }
    return [
        json.dumps(entry),
        json.dumps(
            {
                **entry,
                "message": f"Sending mail to {c.email} failed: 550 5.1.1 {c.email} no such user [{c.ipv6}]",
                "exception": {"mail_smtppassword": c.password},
            }
        ),
    ]


def postfix(c: Canaries) -> Lines:
    """Deliveries that bounced and were deferred, and a refused login."""
    head = f"Nov 20 09:00:0{{}} {c.machine} postfix/{{}}[9]: "
    return [
        head.format(0, "pickup") + f"3C1D8C1D28: uid=1000 from=<{c.user}>",
        head.format(0, "cleanup") + f"3C1D8C1D28: message-id=<{c.message_id}@{c.host}>",
        head.format(0, "cleanup")
        + f"3C1D8C1D28: warning: header Subject: {c.subject} from localhost[127.0.0.1]; from=<{c.sender}> to=<{c.email}> proto=ESMTP helo=<{c.host}>",
        head.format(0, "qmgr") + f"3C1D8C1D28: from=<{c.sender}>, size=999, nrcpt=1 (queue active)",
        head.format(1, "smtp")
        + f"3C1D8C1D28: to=<{c.email}>, orig_to=<{c.user}>, relay=mx.{c.recipient_host}[{c.ipv4}]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (host mx.{c.recipient_host}[{c.ipv4}] said: 550 5.1.1 <{c.email}>: User unknown in table; {c.user} [{c.ipv6}] (in reply to RCPT TO command))",
        head.format(2, "smtp")
        + f"3C1D8C1D29: to=<{c.email}>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to mx.{c.recipient_host}[{c.ipv6}]:25: Connection timed out)",
        head.format(3, "smtp")
        + f"3C1D8C1D2A: to=<{c.email}>, relay=smtp.gmail.com[142.250.1.1]:587, delay=1, dsn=5.7.1, status=bounced (host smtp.gmail.com said: 550 5.7.1 [{c.ipv4}] Our system has detected that {c.host} is spam; SASL login {c.login})",
        head.format(4, "smtpd")
        + f"warning: unknown[{c.ipv4}]: SASL LOGIN authentication failed: {_base64(c.password)}, sasl_username={c.user}",
        head.format(5, "smtpd")
        + f"NOQUEUE: reject: RCPT from host-{c.ipv4.replace('.', '-')}.{c.recipient_host}[{c.ipv4}]: 554 5.7.1 <{c.email}>: Relay access denied; from=<{c.sender}> to=<{c.email}> proto=ESMTP helo=<[{c.ipv4}]>",
    ]


def exim(c: Canaries) -> Lines:
    """The main log."""
    return [
        f'2026-11-20 09:00:00 1r4zQa-0001Ab-2C <= {c.sender} H=({c.host}) [{c.ipv4}] P=esmtpsa A=dovecot_login:{c.login} S=999 id={c.message_id}@{c.host} T="{c.subject}" for {c.email}',
        f"2026-11-20 09:00:01 1r4zQa-0001Ab-2C ** {c.email} F=<{c.sender}> R=dnslookup T=remote_smtp H=mx.{c.recipient_host} [{c.ipv4}] I=[{c.ipv6}]:25: SMTP error from remote mail server after RCPT TO:<{c.email}>: 550 5.1.1 <{c.email}> User unknown",
        f"2026-11-20 09:00:02 1r4zQa-0001Ab-2D == {c.email} R=smarthost T=remote_smtp_smarthost defer (-46) H=smtp.{c.domain} [{c.ipv4}]: SMTP error from remote mail server after AUTH PLAIN {c.auth_plain}: 454 4.7.0 Temporary authentication failure",
        f"2026-11-20 09:00:03 dovecot_login authenticator failed for ({c.machine}) [{c.ipv4}]: 535 Incorrect authentication data (set_id={c.login})",
        f"2026-11-20 09:00:04 1r4zQa-0001Ab-2E ** {c.user} <{c.email}>: Unrouteable address",
    ]


def django(c: Canaries) -> Lines:
    """An application's error log with a traceback and its settings."""
    return [
        f"ERROR 2026-11-20 09:00:00,000 log 42 140 Internal Server Error: /accounts/confirm-email/{c.token}/",
        "Traceback (most recent call last):",
        '  File "/usr/lib/python3/dist-packages/django/core/mail/backends/smtp.py", line 131, in send_messages',
        "    sent = self._send(message)",
        f"smtplib.SMTPRecipientsRefused: {{'{c.email}': (550, b'5.1.1 <{c.email}>: Recipient address rejected: User unknown')}}",
        f'{c.ipv4} - - [20/Nov/2026 09:00:01] "GET /reset/{_base64(c.account_id).rstrip("=")}/{c.token}-{c.session}/ HTTP/1.1" 500 -',
        f"EMAIL_URL=smtp+tls://{quote(c.login, safe='')}:{quote(c.password, safe='')}@smtp.{c.domain}:587",
        f"EMAIL_HOST_PASSWORD='{c.password}' SENDGRID_API_KEY={c.api_key} DEFAULT_FROM_EMAIL='{c.person} <{c.sender}>'",
        f"anymail.exceptions.AnymailRequestsAPIError: Sending a message to {c.email} from {c.sender} SendGrid API response 401 (Unauthorized) Authorization: Bearer {c.api_key}",
        'Content-Type: text/plain; charset="utf-8"',
        f"To: {c.person} <{c.email}>",
        f"Subject: {c.subject}",
        f"Message-ID: <{c.message_id}@{c.host}>",
        f"Cookie: sessionid={c.session}; csrftoken={c.token}",
        quopri.encodestring(
            f"https://{c.host}/accounts/confirm-email/?key={c.token}&user={c.email}".encode(), quotetabs=True
        )
        .decode()
        .replace("=\n", ""),
    ]


def ns8(c: Canaries) -> Lines:
    """NethServer 8's Loki lines: JSON around the containers' own."""
    return [
        json.dumps(
            {
                "SYSLOG_IDENTIFIER": "mail1",
                "MODULE_ID": "mail1",
                "_HOSTNAME": c.machine,
                "message": f"postfix/smtp[9]: 3C1D8C1D28: to=<{c.email}>, relay=mx.{c.recipient_host}[{c.ipv4}]:25, delay=1, dsn=5.1.1, status=bounced (host mx.{c.recipient_host}[{c.ipv4}] said: 550 5.1.1 <{c.email}> User unknown)",
            }
        ),
        f"2026-11-20T09:00:01+00:00 [1:mail1:mail1] postfix/submission/smtpd[9]: warning: unknown[{c.ipv4}]: SASL PLAIN authentication failed: (reason unavailable), sasl_username={c.login}",
        f"2026-11-20T09:00:02+00:00 [1:mail1:agent@mail1] send_mail: smtp error 535 5.7.8 login {c.login} password={c.password} host=smtp.{c.domain}",
    ]


APPLICATIONS: dict[str, Callable[[Canaries], Lines]] = {
    function.__name__: function for function in (mastodon, zulip, mattermost, nextcloud, postfix, exim, django, ns8)
}


def _docker(lines: Lines, c: Canaries) -> Lines:
    return [
        json.dumps({"log": line + "\n", "stream": "stdout", "time": "2026-11-20T09:00:00.000000000Z"}) for line in lines
    ]


def _journal_json(lines: Lines, c: Canaries) -> Lines:
    fields = {
        "__REALTIME_TIMESTAMP": "1795165200000000",
        "_HOSTNAME": c.machine,
        "_MACHINE_ID": c.session,
        "_PID": "9",
        "SYSLOG_IDENTIFIER": "bundle",
    }
    return [
        json.dumps(
            {
                "__CURSOR": f"s={c.session};i=1;b={c.session};m=1;t=6;x=1",
                **fields,
                "MESSAGE": line if "\x1b" not in line else list(line.encode()),
            }
        )
        for line in lines
    ]


def _journal_bytes(lines: Lines, c: Canaries) -> Lines:
    return _journal_json([f"\x1b[1m{line}\x1b[0m" for line in lines], c)


def _journal_export(lines: Lines, c: Canaries) -> Lines:
    return [
        f"__CURSOR=s={c.session};i=1;b={c.session};m=1;t=6;x=1\n__REALTIME_TIMESTAMP=1795165200000000\n_HOSTNAME={c.machine}\n_MACHINE_ID={c.session}\nSYSLOG_IDENTIFIER=bundle\n_PID=9\nMESSAGE={line}\n"
        for line in lines
    ]


ENVELOPES: dict[str, Callable[[Lines, Canaries], Lines]] = {
    "bare": lambda lines, c: lines,
    "syslog": lambda lines, c: [f"2026-11-20T09:00:00.000000+00:00 {c.machine} bundle[9]: {line}" for line in lines],
    "compose": lambda lines, c: [f"web-1  | {line}" for line in lines],
    "kubectl": lambda lines, c: [f"2026-11-20T09:00:00.000000000Z stdout F {line}" for line in lines],
    "docker-json": _docker,
    "journal-json": _journal_json,
    "journal-bytes": _journal_bytes,
    "journal-export": _journal_export,
    "docker-in-journal": lambda lines, c: _journal_json(_docker(lines, c), c),
}


def forms_of(value: str) -> set[str]:
    """A value in lower case as it may be written: plain, and encoded for URLs, HTML, JSON and quoted-printable."""
    forms = {value, quote(value, safe=""), quote(value), html.escape(value), json.dumps(value)[1:-1]}
    forms.add(quopri.encodestring(value.encode(), quotetabs=True).decode().replace("=\n", ""))
    return {form.casefold() for form in forms}


def encoded_forms_of(value: str) -> set[str]:
    """The middle of a value's Base64, for each of the three places in which it can begin."""
    forms = set()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value.encode() + b"\0\0").decode()
        forms.add(encoded[4 : len(value) * 4 // 3 - 4])
    return {form for form in forms if len(form) >= 6}


def found_in(text: str, c: Canaries) -> list[str]:
    """Return the kinds of canary that `text` holds, in any form."""
    lower = text.casefold()
    return [
        kind
        for kind, value in c.items()
        if any(form in lower for form in forms_of(value)) or any(form in text for form in encoded_forms_of(value))
    ]
