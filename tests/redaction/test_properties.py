# ruff: noqa: E501 - log lines are as long as they are
"""Personal values of any shape are replaced wherever logs write them, and by the same stand-in throughout."""

from __future__ import annotations

import base64
import json
import quopri
import re
import string
from urllib.parse import quote

from hypothesis import assume, given
from hypothesis import strategies as st

from maillogdiag.redaction import RedactionMap, redact_text
from maillogdiag.redaction.detecting import is_empty
from maillogdiag.redaction.vocabulary import is_common_word
from tests.redaction.canaries import encoded_forms_of, forms_of

LETTERS = string.ascii_lowercase


def words(least: int, most: int, letters: str = LETTERS) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=least, max_size=most).filter(lambda word: not is_common_word(word))


# A letter that no word of ours has so often keeps a made-up name from standing in the log around it by chance.
names = words(4, 12).map(lambda word: f"q{word}q")
users = st.one_of(
    names,
    st.builds("{}.{}".format, names, names),
    st.builds("{}+{}".format, names, names),
    st.builds("{}_{}".format, names, names),
)
domains = st.builds("{}.{}".format, names, st.sampled_from(["org", "net", "de", "co.uk", "social", "lan", "example"]))
hosts = st.builds("{}.{}".format, names, domains)
addresses = st.builds("{}@{}".format, users, st.one_of(domains, hosts))
ipv4 = st.builds(
    "{}.{}.{}.{}".format, st.integers(11, 99), st.integers(11, 255), st.integers(0, 255), st.integers(0, 255)
)
ipv6 = st.ip_addresses(v=6, network="2a01:4f8::/32").map(str)
tokens = st.builds(
    "{}{}7".format, st.text(string.ascii_letters + string.digits, min_size=18, max_size=40), st.just("x")
)
ids = st.integers(10_000, 10**12).map(str)
hexes = st.text("0123456789abcdef", min_size=24, max_size=40)
passwords = st.text(string.ascii_letters + string.digits + "!$%*+-.=?^_~", min_size=8, max_size=24).filter(
    lambda password: not is_empty(password) and re.search(r"\w{4}", password)
)
api_keys = st.one_of(
    st.builds(
        "SG.{}.{}".format,
        st.text(string.ascii_letters, min_size=22, max_size=22),
        st.text(string.ascii_letters, min_size=43, max_size=43),
    ),
    st.builds("key-{}".format, st.text("0123456789abcdef", min_size=32, max_size=32)),
    st.builds("AKIA{}".format, st.text(string.ascii_uppercase + "234567", min_size=16, max_size=16)),
    st.builds("xkeysib-{}".format, st.text("0123456789abcdef", min_size=64, max_size=64)),
    st.builds("re_{}".format, st.text(string.ascii_letters, min_size=24, max_size=24)),
)
people = st.builds("{} {}".format, names.map(str.title), names.map(str.title))
depths = st.integers(0, 3)


def in_json(text: str, depth: int) -> str:
    """`text` as the message of a log line in JSON, in JSON, in JSON ..."""
    for _ in range(depth):
        text = json.dumps({"level": "error", "msg": text})
    return text


def templates(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


def assert_gone(line: str, *values: str) -> str:
    # A value may happen to be a word of the line around it, which stays.
    assume(all(line.casefold().count(value.casefold()) <= 1 for value in values))
    done = redact_text(line, RedactionMap())
    lower = done.casefold()
    for value in values:
        assert not [form for form in forms_of(value) if form in lower], (value, done)
        assert not [form for form in encoded_forms_of(value) if form in done], (value, done)
    return done


@given(
    addresses,
    depths,
    templates(
        "to=<{}>, relay=smtp.gmail.com[10.0.0.1]:587, status=deferred",
        "550 5.1.1 <{}>: Recipient address rejected: User unknown",
        "Error sending email to ['{}']: (535, b'5.7.8 failed')",
        "smtplib.SMTPRecipientsRefused: {{'{}': (550, b'5.1.1 unknown')}}",
        "Net::SMTPFatalError (553 5.7.1 <{}>: Sender address rejected):",
        "gomail: could not send email 1: 550 {} unknown\\n",
        "mailto:{}?subject=x",
        "\x1b[31m{}\x1b[0m failed",
        "To: {}",
        "** {} F=<> R=dnslookup T=remote_smtp: 550 unknown",
    ),
)
def test_mail_addresses(address: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(address), depth), address, *address.split("@"))


@given(addresses, depths, st.sampled_from(["?email={}", "?a=1&email={}&b=2", "/{}", "?d=%7B%22email%22%3A%22{}%22%7D"]))
def test_mail_addresses_in_urls(address: str, depth: int, template: str) -> None:
    url = "https://chat.canaryhost.org/signup" + template.format(quote(address, safe=""))

    assert_gone(in_json(f"GET {url}", depth), address, *address.split("@"))


@given(addresses)
def test_mail_addresses_in_quoted_printable(address: str) -> None:
    assert_gone("To: " + quopri.encodestring(address.encode(), quotetabs=True).decode().replace("@", "=40"), address)


@given(
    st.one_of(hosts, domains),
    depths,
    templates(
        "EHLO {}",
        "relay={}[10.0.0.1]:25",
        "https://{}/auth/sign_in",
        "Failed to open TCP connection to {}:587",
        "lookup {} on 127.0.0.53:53: no such host",
        "250-{} Hello",
        'hostname "{}" does not match',
        "helo=<{}>",
        "smtp_server: '{}'",
        "SMTP_SERVER={}",
    ),
)
def test_hosts_of_ones_own(host: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(host), depth), host)


@given(
    st.one_of(ipv4, ipv6),
    depths,
    templates(
        "connect to mx.gmail.com[{}]:25: timed out",
        "dial tcp [{}]:25: refused",
        "remote_ip={} status=200",
        "Client host [{}] blocked using zen.spamhaus.org",
        '"ip_addr":"{}"',
        "550 5.7.1 [{}      12] Our system",
        "from {}, port 25",
    ),
)
def test_public_addresses(address: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(address), depth), address)


@given(
    tokens,
    depths,
    templates(
        "https://chat.canaryhost.org/accounts/do_confirm/{}",
        "https://chat.canaryhost.org/auth/confirmation?confirmation_token={}",
        "https://chat.canaryhost.org/auth/password/edit?reset_password_token={}&x=1",
        "https://chat.canaryhost.org/do_verify_email?token={}&email=x",
        "https://cloud.canaryhost.org/index.php/lostpassword/reset/form/{}/x",
        "https://app.canaryhost.org/accounts/confirm-email/{}/",
        "https://app.canaryhost.org/reset/MTA/{}/",
        "https://chat.canaryhost.org/invite/{}",
        'arguments: "UserMailer", "confirmation_instructions", "deliver_now", {{:args=>[#<GlobalID:0x0 @uri=#<URI::GID gid://mastodon/User/1>>, "{}"]}}',
        '"arguments":["UserMailer",{{"args":[{{"_aj_globalid":"gid://mastodon/User/1"}},"{}"]}}]',
        "Authorization: Bearer {}",
        "Cookie: csrftoken={}",
        "{{'token': '{}', 'x': 1}}",
        "noreply-{}@chat.canaryhost.org",
    ),
)
def test_tokens(token: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(token), depth), token)


@given(
    passwords,
    depths,
    templates(
        "EMAIL_HOST_PASSWORD = '{}'",
        "SMTP_PASSWORD='{}'",
        "connection.login('mailer', '{}')",
        '"SMTPPassword": "{}"',
        "{{'mail_smtppassword': '{}'}}",
        "MM_EMAILSETTINGS_SMTPPASSWORD={}",
        "password={} host=smtp.gmail.com",
        ':password=>"{}", :port=>587',
        "gitlab_rails['smtp_password'] = '{}'",
        "define('SMTP_PASS', '{}');",
        "[('EMAIL_HOST_PASSWORD', '{}')]",
        "->setPassword('{}')->setPort(587)",
        'password: "{}", port: 587',
        "swaks --auth LOGIN -ap {} --to x",
        '{{"name":"SMTP_PASSWORD","value":"{}"}}',
    ),
)
def test_passwords(password: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(password), depth), password)


@given(
    users,
    st.text(string.ascii_letters + string.digits + "!$._~-", min_size=8, max_size=20),
    depths,
    templates("redis", "postgres", "smtp+tls", "amqp"),
)
def test_credentials_in_urls(user: str, password: str, depth: int, scheme: str) -> None:
    assert_gone(in_json(f"{scheme}://{user}:{quote(password, safe='')}@10.0.0.5:1234/0", depth), user, password)


@given(addresses, passwords, depths)
def test_logins_in_transcripts(login: str, password: str, depth: int) -> None:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    plain, cram = encoded(f"\0{login}\0{password}"), encoded(f"{login} {'0af1' * 8}")
    for line in (
        f"send: 'AUTH PLAIN {plain}\\r\\n'",
        f"send: '{encoded(login)}\\r\\n'",
        f"send: '{encoded(password)}\\r\\n'",
        f"send: '{cram}\\r\\n'",
        f"C: AUTH LOGIN {encoded(login)}",
        f"CLIENT -> SERVER: {encoded(password)}",
        f"AUTH XOAUTH2 {encoded(f'user={login}{chr(1)}auth=Bearer {password}{chr(1)}{chr(1)}')}",
    ):
        assert_gone(in_json(line, depth) if "send" in line or "AUTH" in line else line, login, password, plain, cram)


@given(
    ids,
    depths,
    templates(
        "gid://mastodon/User/{}",
        "user_id={} status=500",
        '"user_id":"{}"',
        "{{'to_user_ids': [{}, 7]}}",
        ":account_id=>{}",
        "session_id={}",
    ),
)
def test_ids_of_accounts(number: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(number), depth), number)


@given(
    hexes,
    domains,
    depths,
    templates("message-id=<{}@{}>", "Delivered mail {}@{} (9.0ms)", "id={}@{}", "Message-ID: <{}@{}>"),
)
def test_message_ids(local: str, domain: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(local, domain), depth), local, domain)


@given(
    api_keys, depths, templates("SENDGRID_API_KEY={}", "API response 401 for {}", "Authorization: Bearer {}", "'{}'")
)
def test_provider_keys(key: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(key), depth), key)


@given(
    people,
    addresses,
    depths,
    templates("to ['{} <{}>']", "From: {} <{}>", '"from":"{} <{}>"', "{{'from_name': '{}', 'to': '{}'}}"),
)
def test_names_of_people(person: str, address: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(person, address), depth), person, *person.split(), address)


@given(
    users,
    depths,
    templates(
        "/home/{}/live/config.rb:9",
        "https://social.canaryhost.org/@{}",
        "sasl_username={}, x",
        "uid=1000 from=<{}>",
        "invalid user {} from 10.0.0.1",
        "user={} authentication failure",
    ),
)
def test_user_names(user: str, depth: int, template: str) -> None:
    assert_gone(in_json(template.format(user), depth), user)


@given(addresses, hosts, ipv4, depths)
def test_one_value_has_one_stand_in_and_a_second_run_changes_nothing(
    address: str, host: str, ip: str, depth: int
) -> None:
    line = f"to=<{address}>, relay={host}[{ip}]:25, said: 550 <{address}> [{ip}] {host}"

    once = redact_text(in_json(line, depth), RedactionMap())
    plain = redact_text(line, RedactionMap())

    to, relay, ip_again = re.fullmatch(r"to=<(.+)>, relay=(.+)\[(.+)\]:25, said: .*", plain).groups()  # type: ignore[union-attr]
    assert plain.endswith(f"550 <{to}> [{ip_again}] {relay}")
    assert once == redact_text(once, RedactionMap())
