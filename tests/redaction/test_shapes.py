"""Shapes in which personal values once got through, one a bug."""

from __future__ import annotations

import re

import pytest

from maillogdiag.redaction import RedactionMap, redact_text
from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.redaction.scrubbing import scrub
from maillogdiag.redaction.secrets import SECRETS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            'msg=\'{\\"email\\":\\"zinnia\\\\u0040canary.net\\"}\' ',
            'msg=\'{\\"email\\":\\"user-1\\\\u0040domain-1\\"}\' ',
        ),
        ('550 5.1.1 <"zinnia quill"@canary.net> user unknown', '550 5.1.1 <"user-1"@domain-1> user unknown'),
        (
            "Received: from canarybox (unknown [93.184.215.77]) by mx.canary.net (Postfix)",
            "Received: from host-1 (unknown [public-addr-1]) by mx.domain-1 (Postfix)",
        ),
        (
            "AUTH login failed for user zinniaq password hunter2Canary",
            "AUTH login failed for user user-1 password secret-1",
        ),
        (
            'Net::SMTP.start("smtp.gmail.com", 587, "canary.net", "zinniaq", "hunter2Canary", :plain)',
            'Net::SMTP.start("smtp.gmail.com", 587, "domain-1", "user-1", "secret-1", :plain)',
        ),
        ("map[password:hunter2Canary username:zinniaq]", "map[password:secret-1 username:user-1]"),
        (
            "curl -u zinniaq:hunter2Canary https://api.mailgun.net/v3/canary.net/messages",
            "curl -u user-1:secret-1 https://api.mailgun.net/v3/domain-1/messages",
        ),
        ("X-Api-Key: 7f3e2canary9911", "X-Api-Key: token-1"),
        ("Your login code is 482913", "Your login code is token-1"),
        (
            "mailbox /var/mail/vhosts/canary.net/zinnia: over quota",
            "mailbox /var/mail/vhosts/domain-1/user-1: over quota",
        ),
        ('To: "Quill, Zinnia" <zinnia@canary.net>', 'To: "name-1" <user-1@domain-1>'),
        ("Subject: =?UTF-8?Q?Zinnia_Quill?=", "Subject: text-1"),
        ("From: =?UTF-8?Q?Zinnia_Quill?= <zinnia@canary.net>", "From: =?UTF-8?Q?text-1?= <user-1@domain-1>"),
        ("rejected [IPv6:2a01:4f8:c17:b8f::2]", "rejected [IPv6:public-addr-1]"),
        (
            "Failed to authenticate: SASL(-13): user not found: zinniaq",
            "Failed to authenticate: SASL(-13): user not found: user-1",
        ),
        (
            "https://chat.canary.net/#narrow/dm/12345-Zinnia-Quill/near/99 failed",
            "https://chat.domain-1/#narrow/text-1 failed",
        ),
        ("Sending to user_profile 12345", "Sending to user_profile id-1"),
        (
            '"_aj_globalid":"gid://helpdesk/User/2"},"tm3Canary-9",{"client":"default","redirect_url":null,"locale":3}',
            '"_aj_globalid":"gid://helpdesk/User/id-1"},"token-1",{"client":"token-2","redirect_url":null,"locale":3}',
        ),
        (
            "{\u201cuser\u201d:\u201czinniaq\u201d,\u201cpassword\u201d:\u201chunter2Canary\u201d}",
            '{"user":"user-1","password":"secret-1"}',
        ),
        (
            "{ \u201cuser\u201d => \u201czinniaq\u201d, \u201cpassword\u201d => \u201chunter2Canary\u201d }",
            '{ "user" => "user-1", "password" => "secret-1" }',
        ),
        ("bad \u201cpassword\u201d: \u201chunter2Canary\u201d }", 'bad "password": "secret-1" }'),
        ("connect to 2a01:4f8:7::b8:2 refused", "connect to public-addr-1 refused"),
        ("from ::ffff:93.184.215.77 to ::ffff:10.0.0.1", "from ::ffff:public-addr-1 to ::ffff:10.0.0.1"),
        ("tcp [%2A01] 2a01%3A4f8%3A7%3A%3A2", "tcp [%2A01] public-addr-1"),
        ("certificate for '*.canary.net' not valid", "certificate for '*.domain-1' not valid"),
        ("relay=wrenbox[192.168.1.9]:25", "relay=host-1[192.168.1.9]:25"),
        ("getaddrinfo ENOTFOUND wrenbox", "getaddrinfo ENOTFOUND host-1"),
        ("lookup wrenbox on 127.0.0.11:53: no such host", "lookup host-1 on 127.0.0.11:53: no such host"),
        ("sandbox0f1e2d3c4b.mailgun.org", "host-1.mailgun.org"),
        ("RCPT TO:<zinniaq>", "RCPT TO:<user-1>"),
        ("550 5.1.1 <zinniaq>: Recipient address rejected", "550 5.1.1 <user-1>: Recipient address rejected"),
        ("550 5.1.1 zinniaq... User unknown", "550 5.1.1 user-1... User unknown"),
        ("550 Mailbox 'zinniaq' is full", "550 Mailbox 'user-1' is full"),
        ("sql(zinniaq,10.0.0.1): unknown user", "sql(user-1,10.0.0.1): unknown user"),
        ("C:\\Users\\zinniaq\\mail.log", "C:\\Users\\user-1\\mail.log"),
        ("<zinnia!quill@canary.net>", "<user-1@domain-1>"),
        (".zinnia.@canary.net -quill@canary.net", "user-1@domain-1 user-2@domain-1"),
        ("zinnia%2540canary.net", "user-1%2540domain-1"),
        ("zinnia&#x40;canary.net", "user-1&#x40;domain-1"),
        ("zinnia [at] canary [dot] net", "user-1 [at] domain-1"),
        ("zinnia%canary.net@relay.wren.org", "user-1%domain-1@relay.domain-2"),
        ("no mailbox for zinnia.quill@", "no mailbox for user-1@"),
        ("mail to [zinnia@canary.net] => Zin Quill\n)", "mail to [user-1@domain-1] => name-1\n)"),
        ("refused Zinnia Quill <zinnia@canary.net>", "refused name-1 <user-1@domain-1>"),
        ('("Zinnia Quill", "zinnia@canary.net")', '("name-1", "user-1@domain-1")'),
        ("Dear Zinnia Quill, your", "Dear name-1, your"),
        ('with subject "Zinnia meets Quill" failed', 'with subject "text-1" failed'),
        ("mailto:a?subject=Zinnia%20Quill&x=1", "mailto:a?subject=text-1&x=1"),
        ("sms to +49 171 5550123", "sms to id-1"),
        ("#<User id: 48213, x", "#<User id: id-1, x"),
        ("gid:\\/\\/app\\/User\\/48213", "gid:\\/\\/app\\/User\\/id-1"),
    ],
)
def test_replaced(line: str, expected: str) -> None:
    assert expected == redact_text(line, RedactionMap())


@pytest.mark.parametrize(
    "line",
    [
        "define( 'SMTP_PASS', 'hunter2Canary' );",
        "gitlab_rails['smtp_password'] = 'hunter2Canary'",
        '["password"]=> string(13) "hunter2Canary"',
        's:8:"password";s:13:"hunter2Canary";',
        "[smtp_pass] => hunter2Canary",
        "$mailer->setPassword('hunter2Canary')",
        "password=SecretStr('hunter2Canary')",
        '#{password => <<"hunter2Canary">>}',
        '{password,"hunter2Canary"}',
        "<smtpPassword>hunter2Canary</smtpPassword>",
        '<setting name="smtpPassword" value="hunter2Canary"/>',
        "- name: SMTP_PASSWORD\n  value: hunter2Canary",
        "password: >-\n  hunter2Canary",
        '{"password":"x\\"hunter2Canary","port":587}',
        'failed, password="hunter2Canary',
        "SMTP_PASSWORD=hunt erca nary zinn",
        "error, MAIL_PASSWORD: hunter2Canary",
        "smtp: { password: hunter2Canary, port: 587 }",
        "Password mismatch (given password: hunter2Canary)",
        "host `x' user `y' pass `hunter2Canary'",
        "login=x&pwd=hunter2Canary",
        "swaks --to x --auth-user y --auth-password hunter2Canary",
        "sendemail -xu y -xp hunter2Canary",
        "docker login -u y -p hunter2Canary registry",
        "occ config:system:set mail_smtppassword --value hunter2Canary",
        "[smtp.gmail.com]:587 y:hunter2Canary",
        "static:y:hunter2Canary",
        "machine x login y password hunter2Canary",
        "uncoded initial reply: ?y?hunter2Canary",
        "smtp://y:p@s/hunter2Canary@smtp.gmail.com:587",
        "submission://y@canary.net:hunter2Canary@smtp.gmail.com:587",
        "smtp:\\/\\/y:hunter2Canary@smtp.gmail.com",
        "smtp%3A%2F%2Fy%3Ahunter2Canary%40smtp.gmail.com",
        'parse "smtp://y:a hunter2Canary@smtp.gmail.com:587": invalid userinfo',
        'Invalid DSN "smtp://y:hunter2Canary"',
        "mailgun+api://hunter2Canary@default",
        "CLIENT -&gt; SERVER: aHVudGVyMkNhbmFyeQ==<br>",
        "334 UGFzc3dvcmQ6\naHVudGVyMkNhbmFyeQ==\n535 no",
        ">> bmFyeQ==",
        "-----BEGIN PRIVATE KEY-----\\naHVudGVyMkNhbmFyeQ==\\n-----END PRIVATE KEY-----",
        'args":["User",1,"reset","aH2Vud7GVyM8k","x@canary.net"]',
        "https://app.canary.net/session/email-login/aH2Vud7GVyM8k",
        "https://app.canary.net/magic-link#aH2Vud7GVyM8k",
        "cookie: lang=en; PHPSESSID=aH2Vud7GVyM8k; x",
        '"X-API-Key":["aH2Vud7GVyM8k"]',
        "mlsn.3ax6xnjp29jd6fds4gc373sgvjxteol0aH2Vud7GVyM8k",
        "OTP 482913 sent",
        "482913 is your login code",
    ],
)
def test_secrets_are_replaced_in_every_form_even_where_redaction_is_off(line: str) -> None:
    secret = re.compile("hunter2Canary|erca|aHVudGVyMkNhbmFyeQ|bmFyeQ==|aH2Vud7GVyM8k|482913")
    marked = MarkedText(line)

    scrub(marked, RedactionMap(), SECRETS)

    assert secret.search(line)
    assert not secret.search(marked.text)


@pytest.mark.parametrize(
    "line",
    [
        "wrong password (535 5.7.8)",
        "password reset failed",
        "access token: expired",
        "error:token:expired",
        "SMTP password authentication failed",
        "from smtp.gmail.com (smtp.gmail.com [10.0.0.1])",
        "auth login code 535",
        "journalctl -u mastodon-sidekiq",
        "wrong password: please try again",
        "the app password is needed",
        "connected, password: [FILTERED], port: 587",
        "connected, password: ${SMTP_PASSWORD}",
        "refused, password: can't be blank",
        "PWD=/srv/app ; COMMAND=/usr/bin/mail",
        "pass (mailfrom) identity=mailfrom",
        "login with password authentication failed",
        'AuthMethods ["LOGIN","PLAIN"]',
        "AUTH LOGIN\n2026-11-20 09:00:00",
        '"user" => {"id',
        "No such user here",
        "550 5.1.1 Recipient unknown",
        "certificate verify failed (hostname mismatch)",
        "ERROR REPORT==== 23-Apr-2016::10:02:26 ===",
        "https://github.com/rails/rails/commit/5f3e2a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f",
        "('TLS_AES_256_GCM_SHA384', 'TLSv1.3', 256)",
        '{"status": 401, "body": b\'{"errors":[{"message":"Unauthorized"}]}\'}',
    ],
)
def test_words_that_look_alike_are_kept(line: str) -> None:
    assert line == redact_text(line, RedactionMap())
