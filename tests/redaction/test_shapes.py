"""Shapes in which personal values once got through, one a bug."""

from __future__ import annotations

import pytest

from maillogdiag.redaction import RedactionMap, redact_text


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
    ],
)
def test_replaced(line: str, expected: str) -> None:
    assert expected == redact_text(line, RedactionMap())


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
    ],
)
def test_words_that_look_alike_are_kept(line: str) -> None:
    assert line == redact_text(line, RedactionMap())
