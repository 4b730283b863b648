"""The last resort reads what plainly speaks of outgoing mail that failed, and nothing that only sounds like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.attempts import assemble_attempts
from maillogdiag.grammars.generic import GRAMMAR
from maillogdiag.records import Place, Record

FAILURES = {
    "nodemailer": "Error: Invalid login: 535-5.7.8 Username and Password not accepted\n"
    "    at SMTPConnection._formatError (/app/node_modules/nodemailer/lib/smtp-connection/index.js:784:19)\n"
    "  code: 'EAUTH',\n  responseCode: 535,\n  command: 'AUTH PLAIN'\n}",
    "nodemailer cannot connect": "Error: connect ECONNREFUSED ::1:587 {\n  code: 'ESOCKET',\n  command: 'CONN'\n}",
    "Java": "javax.mail.AuthenticationFailedException: 535 5.7.8 Error: authentication failed",
    "Java host": "com.sun.mail.util.MailConnectException: Couldn't connect to host, port: mx.example.org, 25; timeout",
    ".NET": "System.Net.Mail.SmtpException: Failure sending mail.",
    "MailKit": "MailKit.Net.Smtp.SmtpCommandException: 5.1.1 <ada@example.net>: User unknown",
    "PHPMailer": "2026-11-20 09:14:05 SMTP ERROR: Password command failed: 535 5.7.8 Error: authentication failed",
    "PHP mail()": 'PHP Warning:  mail(): Failed to connect to mailserver at "localhost" port 25, verify your settings',
    "Symfony": 'Connection could not be established with host "smtp.example.org:465": error: Connection refused',
    "Go": "failed to send mail: dial tcp 192.0.2.25:587: connect: connection refused",
    "SMTP by name": 'level=error msg="SMTP client" err="x509: certificate signed by unknown authority"',
    "a reply alone": "550 5.7.1 <ada@example.net>: Relay access denied",
    "a reply after words": "upstream answered: 421 4.7.0 Try again later, closing connection",
    "lettre": '[vaultwarden::mail][ERROR] SMTP error: lettre::transport::smtp::Error { source: "Relay access denied" }',
    "SMTP with a word": "SMTP Delivery Error: 554, b'5.0.0 Error: transaction failed: unknown sender address')",
    "cron": "(root) MAIL (mailed 35 bytes of output but got status 0x004b from MTA)",
    "mail without e": "[critical]: Could not send mail with command `/usr/bin/mailer -t`",
    "no reason": "ERROR Could not send email to the administrator",
    "Spring": "org.springframework.mail.MailSendException: Mail server connection failed",
    "Symfony's reply": 'Expected response code "250" but got code "550", with message "550 5.1.1 unknown".',
    "a member beside it": '{"msg":"failed to send email","email":"ada@example.net","error":"timed out"}',
    "a certificate not trusted": "smtp.example.org:465: the server's certificate is not trusted",
    "Exchange's send connector": "2026-11-20T09:14:05Z,Internet,08D,9,192.0.2.9:5372,203.0.113.7:25,<,550 5.7.1 no,",
    "smartd": "Warning via mail to root: failed (32-bit/8-bit exit status: 256/1)",
    "another port": "sending mail through relay.example.org:2525: i/o timeout",
    "renewal": "failed to send the renewal mail: lookup smtp.example.org: nameserver does not answer: timed out",
    "a relay by its name": "sending failed: lookup smtp-relay on 127.0.0.11:53: no such host",
    "Haraka sends": "[PROTOCOL] [D01B4388] [outbound] S: 550 5.1.1 <ada@example.net> unknown",
    "a host named acme": "ERROR SMTP server mail.acme.org:587: connection timed out",
    "a user named in a reply": "smtp: 535 authentication failed: access denied for user app@example.org",
    "a mailer's target": 'level=error module=mailer target=smtp.example.org:587 err="connection refused"',
    "TLS from a server": "SMTP client: tls handshake error from mail.example.org:587: certificate has expired",
    "a login refused in the reply": "SMTP Error: no login. 535 5.7.8 Error: SASL LOGIN authentication failed",
    "a filter named in the reply": "SMTP error: 550 5.7.1 rejected by rspamd: spam",
    "a filter named in a bare reply": "ERROR Error sending mail: 550 Blocked by rspamd",
    "a mailbox named in a bare reply": "could not send mail to ada@example.net: 552 dovecot: over quota",
    "a server named in a bare reply": "Failed to send email: SMTPError 554 fail2ban: your host is banned",
    "a message that speaks of raising": "mailer could not raise alert(3): Failed to send email: 550 5.1.1 no such user",
    "an arrow": "Failed to send email to ada@example.net --> 550 5.1.1 User unknown",
    "our own address": '{"msg":"failed to send email","src_ip":"10.0.0.3","error":"192.0.2.1:587: timeout"}',
    "SMS, too": "could not send email notification; sms sent instead: connection refused",
    "an alternative port": "email relay.example.org:2525 connection timed out",
    "Alertmanager": 'level=warn receiver=ops integration=email[0] msg="Notify attempt failed" err="context deadline"',
    "Alertmanager gives up": 'msg="Notify for alerts failed" err="ops/email[1]: notify retry canceled: EOF"',
    "Alertmanager's step": 'level=error component=dispatcher msg="Notify failed" err="send RCPT command: 550 gone"',
    "Alertmanager before": 'component=dispatcher msg="Error on notify" err="starttls failed: x509: unknown authority"',
    "Argo CD": 'msg="Failed to notify recipient {email ada@example.net} defined in resource argocd/a: EOF"',
    "a mail of some kind": "Error sending test mail: dial failed: tls: first record does not look like a TLS handshake",
    "Authelia": 'level=error msg="Error during notifier startup check: 550 relay not permitted"',
    "Gitea": "failed to issue MAIL command: 501 Bad sender address syntax",
    "gomail": 'gomail: invalid address "Wiki <>": mail: invalid string',
    "Gophish": "Max connection attempts exceeded - dial tcp: lookup mail.example.org: no such host",
    "Harbor": "[ERROR] [/core/api/email.go:113]: failed to ping email server: 535 Incorrect authentication data",
    "Kratos": "level=warning msg=Message was abandoned because it did not deliver after 6 attempts message_type=email",
    "listmonk": "2026/11/20 07:28:56 error sending message in campaign News: subscriber 31: EOF",
    "listmonk's single mail": "error sending message 'Welcome': 554 Message rejected",
    "go-simple-mail": "Mail Error on dialing with encryption type SSL/TLS: tls: first record does not look like a TLS",
    "Go's SMTP at an IMAP port": 'component=dispatcher msg="Notify failed" err="short response: * OK Dovecot"',
    "shoutrrr": "failed to send message with Shoutrrr: SMTP error 501: Bad recipient address syntax.",
    "Zitadel": 'error="ID=EMAIL-s3is3 Message=could not set sender: auth@example.org Parent=(EOF)" failed',
    "a reply in a value": 'lvl=error msg="error closing connection" service=smtp err="535 Authentication block"',
    "behind a notice": "PHP message: PHP Notice:  Undefined index: x in /a.php; PHP message: SMTP Error: no",
}
OTHERS = {
    "source code behind a glued time": "5:00:38 PM    raise SMTPSenderRefused(code, resp, from_addr)",
    "IMAP": "ERROR imap: connect to mail.example.org:993: connection refused",
    "bridge": 'level=error msg="Error reaching mailserver" Error="dial tcp: missing address" Server=',
    "web": 'failed to reach hook: Post "https://smtp-status.example.org/x": x509: unknown authority',
    "LDAP": "LDAP bind failed: authentication failed for uid=ada,mail=ada@example.net",
    "mail in a database": "FATAL: connection to mail_db at 192.0.2.7:5432 refused",
    "stranger's relay": "NOQUEUE: reject: RCPT from unknown[203.0.113.8]: 554 5.7.1 Relay access denied",
    "stranger's login": "warning: unknown[203.0.113.8]: SASL LOGIN authentication failed: 535 5.7.8 no",
    "rejected by Exim": "H=x [203.0.113.8] rejected RCPT <a@example.org>: 550 5.7.1 no",
    "rejected by Domino": "SMTP Server: Authentication failed for user ada ; connecting host 203.0.113.8",
    "release": "upgraded from 500 5.2.1 to 501 5.2.2".replace("500 5", "v5").replace("501 5", "v5"),
    "success": "email sent to ada@example.net through smtp.example.org:587 in 5.2.1 s",
    "address": "created account 550@example.org for ada",
    "settings": "SMTP_TIMEOUT=5 SMTP_PORT=587 SMTP_SERVER=smtp.example.org",
    "access log": '203.0.113.1 - - [20/Nov/2026:10:00:00 +0000] "GET /smtp?error=timeout HTTP/1.1" 404 12 "-" "curl/8"',
    "another program": "sh: 1: /usr/sbin/postfix: not found",
    "push": "Failed to send push notification: timed out, mail unaffected",
    "text message": "failed to send sms to user 7, no email on record",
    "an address in a member": '{"level":"error","msg":"failed to send invoice request","email":"ada@example.net"}',
    "name of a file": "Cannot send session cookie, see /srv/app/email.php",
    "web test": "Expected response code 200 but got 503",
    "installing": "npm WARN deprecated nodemailer@2.7.2: See https://nodemailer.com/status/",
    "PHP's notice": "PHP Deprecated: Creation of dynamic property PHPMailer::$x failed in /srv/PHPMailer.php",
    "PHP's warning": 'PHP Warning:  Undefined array key "x" in /srv/PHPMailer/PHPMailer.php on line 55',
    "Spring starts": "WARN Bean 'x' of type [org.springframework.mail.javamail.JavaMailSenderImpl] is not eligible",
    "certificate obtained": '{"msg":"certificate obtained successfully","identifier":"smtp.example.org"}',
    "certificate not renewed": "Failed to renew certificate smtp.example.org: timed out",
    "certificate authority": "could not get certificate from issuer for smtp.example.org: timeout during connect",
    "name server": "timed out resolving 'smtp.example.org/AAAA/IN': 2001:db8::1#53",
    "CoreDNS": "[ERROR] plugin/errors: 2 smtp.example.org. A: read udp 10.0.0.2:4356->192.0.2.8:53: i/o timeout",
    "Kubernetes' probe": "Readiness probe failed: dial tcp 10.244.0.5:25: connect: connection refused",
    "Prometheus' probe": 'module=smtp target=mx.example.org:25 level=error err="dial tcp 192.0.2.3:25: i/o timeout"',
    "Nagios": "SERVICE ALERT: mail;SMTP;CRITICAL;HARD;4;CRITICAL - Socket timeout after 10 seconds",
    "Monit": "'postfix' failed protocol test [SMTP] at [localhost]:25 [TCP/IP] -- Connection refused",
    "Uptime Kuma": "[MONITOR] WARN: Monitor #3 'SMTP': Failing: connect ECONNREFUSED 192.0.2.3:25 | Type: port",
    "HAProxy's check": 'Server smtp/mx1 is DOWN, reason: Layer4 connection problem, info: "Connection refused"',
    "HAProxy's client": "203.0.113.8:51234 [20/Nov/2026:09:42:03.123] smtps/1: SSL handshake failure",
    "Traefik": "Error while dialing backend: dial tcp 172.18.0.3:587: connect: connection refused",
    "a stranger's port": "http: TLS handshake error from 203.0.113.8:2525: EOF",
    "OpenSSH": "Timeout before authentication for 203.0.113.8 port 2525",
    "Suricata": "[**] [1:2230010:1] SURICATA TLS invalid certificate [**] {TCP} 192.0.2.3:587 -> 203.0.113.8:5123",
    "database": 'FATAL:  password authentication failed for user "smtp"',
    "table": "SQLSTATE[HY000] [2002] Connection timed out (SQL: select * from smtp_settings)",
    "path": "tests/smtp/test_client.py::test_connection_refused FAILED",
    "another service's port": "ssh: connect to host backup.example.org port 2525: Connection timed out",
    "VPN": "203.0.113.8:2525 TLS Error: TLS handshake failed",
    "Kubernetes' volume": 'MountVolume.SetUp failed for volume "smtp": timed out waiting for the condition',
    "container image": 'Failed to pull image "example/smtp:v4": rpc error: i/o timeout',
    "web server's certificate": 'cannot load certificate "/etc/ssl/smtp.example.org.pem": BIO_new_file() failed',
    "Apache": "AH01909: smtp.example.org:443:0 server certificate does NOT include an ID which matches; failed",
    "Squid": "TCP_TUNNEL/503 0 CONNECT smtp.example.org:465 - HIER_NONE/- timeout",
    "nginx' clients": "SSL_do_handshake() failed while SSL handshaking, client: 203.0.113.8, server: 0.0.0.0:465",
    "Nextcloud's login": "Login failed: 'smtp' (Remote IP: '203.0.113.9')",
    "older OpenSMTPD": 'smtp-in: Failed command on session 1f55: "MAIL FROM:<a@example.org>" => 421 4.3.0: Error',
    "SPF policy": "Action: prepend: Text: Received-SPF: Pass (mailfrom) Reject action: 550 5.7.23",
    "Zimbra": "[oip=192.0.2.15;oproto=smtp;] SoapEngine - handler exception: authentication failed for [ada]",
    "nginx for mail": 'client login failed: "AUTH not supported", client: 203.0.113.8, server: 0.0.0.0:25, login: "a"',
    "Exchange's receive connector": "2026-11-20T09:14:05Z,Default,08D,9,192.0.2.9:25,203.0.113.7:4711,>,550 5.7.1 no,",
    "Haraka receives": "[PROTOCOL] [D01B4388] [core] S: 550 5.1.1 <ada@example.org> unknown",
    "Haraka's plugin": 'hook=rcpt plugin=rcpt_to retval=DENY msg="550 5.1.1 <ada@example.org> unknown"',
    "hMailServer": '"SMTPD"\t1234\t5\t"2026-11-20 09:42:03.123"\t"203.0.113.8"\t"SENT: 550 5.1.1 Unknown user"',
    "Stalwart": 'Authentication failed (auth.failed) listenerId = "smtp", localPort = 25, remoteIp = 203.0.113.8',
    "OpenSMTPD": 'smtp failed-command address=203.0.113.8 command="RCPT TO:<a@example.org>" result="550 5.1.1 no"',
    "ASSP": "Apr-27-25 02:25:10 [SSL-out] 203.0.113.8 [SMTP Error] 535 5.7.8 Error: authentication failed: no",
    "Oracle's iMS": '<co ts="2026-11-20T09:42:03.12" tr="TCP|192.0.2.9|25|203.0.113.8|47" ap="SMTP" mi="535 5.7.8">',
    "HTTP's status": "webhook failed to send mail event: 503 dovecot is not ready",
    "Alertmanager's chat": 'receiver=chat integration=slack[0] msg="Notify attempt failed" err="dial tcp: i/o timeout"',
    "Alertmanager sends": 'component=dispatcher receiver=ops integration=email[0] msg="Notify success" attempts=1',
    "Argo CD's chat": 'msg="Failed to notify recipient {slack alerts} defined in resource argocd/a: EOF"',
    "Telegraf's probe": "E! [inputs.net_response] Error in plugin: dial tcp 10.0.0.9:25: connect: connection refused",
    "directory's check": 'msg="Error occurred running a startup check" error="dial tcp 10.0.0.3:636: refused"',
    "a bot": "error sending message in channel news: subscriber 31: EOF",
    "a form's field": "request failed: body/email[0]: must match the pattern",
    "how long it took": "WARN smtp pool of relay.example.org:587 slow: 451 ms, 0 failures",
    "a short answer": "WARN model gave a short response: OK, timeout",
    "Kratos' text message": "msg=Message was abandoned because it did not deliver after 6 attempts message_type=sms",
    "a web reply": 'msg="GET smtp-relay.example.org failed" err="503 Service Unavailable"',
    "Dovecot": "lmtp(ada)<1><x>: save failed to open mailbox INBOX: 552 5.2.2 Quota exceeded",
}


def record(text: str, line: int = 1) -> Record:
    return Record(text, Place("app.log", line))


@pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES.keys())
def test_a_plain_mail_failure_is_read(text: str) -> None:
    (event,) = GRAMMAR.read(record(text))

    assert event.failure is not None
    assert any(anchor in text for anchor in GRAMMAR.anchors)


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_what_only_sounds_like_it_is_left_alone(text: str) -> None:
    assert () == tuple(GRAMMAR.read(record(text)))


def test_the_reply_of_nodemailer_is_read_where_only_a_member_has_it() -> None:
    error = "Error: Can't send mail - all recipients were rejected\n  code: 'EENVELOPE',\n  response: '550 5.1.1 gone',"

    (event,) = GRAMMAR.read(record(error))

    assert event.failure is not None
    assert (550, "5.1.1") == (event.failure.code, event.failure.enhanced)


def test_the_reply_is_found_beside_the_frames() -> None:
    (event,) = GRAMMAR.read(record(FAILURES["nodemailer"]))

    assert event.failure is not None
    assert (535, "5.7.8") == (event.failure.code, event.failure.enhanced)


@pytest.mark.parametrize("time", ["10:25:07", "07:10:25 (UTC)", "2026-11-20T10:25Z", "10:25"])
@pytest.mark.parametrize("text", ["i/o timeout", "unable to send: e-mail"])
def test_a_time_of_day_is_no_port(time: str, text: str) -> None:
    assert () == tuple(GRAMMAR.read(record(f"{time} {text}")))
    assert () != tuple(GRAMMAR.read(record(f"{time} HOST10:25: {text}")))


def test_the_members_of_node_s_error_object_are_no_part_of_its_text() -> None:
    (event,) = GRAMMAR.read(record(FAILURES["nodemailer cannot connect"]))

    assert event.failure is not None
    assert "Error: connect ECONNREFUSED ::1:587" == event.failure.text


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\n "])
def test_many_blanks_are_no_hurdle(blank: str) -> None:
    (event,) = GRAMMAR.read(record(f"Net::SMTPFatalError: {blank * 60_000}"))

    assert event.failure is not None
    assert "net::smtpfatalerror:" == event.failure.normal


def test_java_s_chain_of_causes_is_one_try() -> None:
    chain = (
        "org.springframework.mail.MailSendException: Mail server connection failed\n\tat org.example.M.send(M.java:7)",
        "Caused by: com.sun.mail.util.MailConnectException: Couldn't connect to host, port: smtp.example.org, 587",
        "Caused by: javax.mail.MessagingException: Could not convert socket to TLS",
    )

    (attempt,) = assemble_attempts(
        event for number, text in enumerate(chain) for event in GRAMMAR.read(record(text, number))
    )

    assert 3 == len(attempt.events)


@given(st.text(), st.sampled_from([*FAILURES.values(), *OTHERS.values()]), st.integers(0, 200))
def test_no_text_is_too_odd_and_none_is_read_without_an_anchor(noise: str, text: str, cut: int) -> None:
    for odd in (noise, text[:cut] + noise + text[cut:], text[:cut]):
        assert not tuple(GRAMMAR.read(record(odd))) or any(anchor in odd for anchor in GRAMMAR.anchors)
