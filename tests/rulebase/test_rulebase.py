"""The rule base: files are validated, the most specific rule wins, and the built-in rules hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from maillogdiag import explain
from maillogdiag.causes import Cause
from maillogdiag.errors import RuleError, UsageError
from maillogdiag.failures import read_failure
from maillogdiag.rulebase import check, coverage, load_rules


def test_the_built_in_rules_are_valid_and_every_sample_gives_its_rule() -> None:
    assert [] == [str(problem) for problem in check()]


def test_every_cause_has_a_rule() -> None:
    assert set(Cause) == {rule.cause for rule in load_rules().rules}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("554 5.7.1 <a@example.net>: Relay access denied", "relay-denied"),
        ("554 5.7.1 <mail.example.org[192.0.2.7]>: Client host rejected: Access denied", "client-rejected"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", "ip-blocked"),
        ("554 5.7.1 Spam message rejected", "spam-rejected"),
        ("554 5.7.1 <localhost>: Helo command rejected: Host not found", "helo-rejected"),
        ("554 5.7.1 no", "unknown"),
    ],
)
def test_the_words_tell_the_meanings_of_554_5_7_1_apart(text: str, cause: str) -> None:
    assert cause == explain(text).cause


def test_an_unknown_text_says_what_the_standard_says_of_its_code() -> None:
    diagnosis = explain("550 5.7.0 because I say so")

    assert Cause.UNKNOWN == diagnosis.cause
    assert "policy" in diagnosis.explanation


def test_the_list_of_what_the_rules_cover_is_up_to_date() -> None:
    kept = Path(__file__).parents[2] / "docs" / "coverage.md"

    assert coverage(load_rules()) == kept.read_text(encoding="utf-8"), (
        "run: maillogdiag rules coverage > docs/coverage.md"
    )


def registered_meanings() -> dict[str, str]:
    standard = Path(__file__).parents[2] / "rules" / "standard.yaml"
    return {code: entry["meaning"] for code, entry in YAML(typ="safe").load(standard)["codes"].items()}


@pytest.mark.parametrize(("code", "meaning"), registered_meanings().items())
def test_what_stays_unknown_is_explained_by_the_registered_meaning_of_its_code(code: str, meaning: str) -> None:
    diagnosis = explain(f"{f'550 {code}' if '.' in code else code} qwerty".replace("x", "5"))

    assert Cause.UNKNOWN != diagnosis.cause or meaning in diagnosis.explanation


def test_the_fix_is_the_one_of_the_application() -> None:
    diagnosis = explain("535 5.7.8 Error: authentication failed", app="zulip")

    assert ["zulip"] == [fix.app for fix in diagnosis.fixes]


@pytest.mark.parametrize(
    ("app", "file", "other"),
    [("rails", "production.rb", "/etc/gitlab/gitlab.rb"), ("django", "settings.py", "homeserver.yaml")],
)
def test_a_fix_in_the_framework_s_file_says_which_applications_have_another_one(
    app: str, file: str, other: str
) -> None:
    (fix,) = explain("535 5.7.8 Error: authentication failed", app=app).fixes

    assert file in fix.settings[0].file
    assert other in fix.steps[-1]


@pytest.mark.parametrize("text", ["535 5.7.8 Error: authentication failed", "535 5.7.8 Brevo: Authentication failed"])
def test_nethserver_gets_the_general_fix_and_where_its_settings_are(text: str) -> None:
    (general,) = explain(text, app="something else").fixes
    (fix,) = explain(text, app="ns8").fixes

    assert general.steps == fix.steps[:-1]
    assert "Email notifications" in fix.steps[-1]


def write_rule(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text)
    return file


def test_a_broken_rule_file_is_named_with_line_and_column(tmp_path: Path) -> None:
    file = write_rule(tmp_path, "family: mine\nrules:\n  - id: auth-failed.mine\n    cause: nonsense\n")

    with pytest.raises(RuleError, match=rf"{file}:3:5: |{file}:4:5: "):
        load_rules([tmp_path])


def test_a_duplicate_key_is_an_error(tmp_path: Path) -> None:
    write_rule(tmp_path, "family: mine\nfamily: again\n")

    with pytest.raises(RuleError, match=r"mine\.yaml:2:1"):
        load_rules([tmp_path])


def test_a_folder_that_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match="no rule folder nowhere"):
        load_rules([Path("nowhere")])


def test_a_rule_that_can_never_win_is_reported(tmp_path: Path) -> None:
    write_rule(
        tmp_path,
        "family: mine\nrules:\n  - id: unknown.mine\n    cause: unknown\n    tier: family\n"
        "    when: {text: [relay access]}\n    samples: {match: ['554 5.7.1 Relay access denied']}\n",
    )

    assert ["goes to relay-denied.relay-access" in str(problem) for problem in check([tmp_path])] == [True]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        # a phrase beats a status code with one meaning, which beats loose words, which beat the reply code
        ("550 5.1.10 Recipient address rejected: greylisted", "greylisted.greylisting"),
        ("550 5.1.10 try again later", "recipient-rejected.code-x-1-10"),
        ("550 5.7.1 try again later", "temporary-server-failure.try-again"),
        ("451 5.7.1 no", "temporary-server-failure.code-451"),
        # a vague status code says less than loose words, and more than the reply code
        ("452 4.2.2 no", "mailbox-full.code-x-2-2"),
        ("452 4.2.2 too many", "rate-limited.family"),
        # what a provider means by a code goes before what the registry says
        ("550 5.7.30 no", "unknown"),
        ("550 5.7.30 no, gsmtp", "authentication-policy.gmail-redefined"),
    ],
)
def test_the_more_specific_rule_wins(text: str, rule: str) -> None:
    assert rule == explain(text).rule


def test_equal_failures_get_equal_diagnoses_whatever_their_text_around() -> None:
    base = load_rules()
    first = base.diagnose(read_failure("Net::SMTPFatalError: 550 5.1.1 no such user"))

    assert first == base.diagnose(read_failure("smtplib.SMTPDataError: (550, b'5.1.1 no such user')"))


def test_values_given_once_stand_in_every_applications_own_settings() -> None:
    refusal = "host smtp.sendgrid.net[192.0.2.4] said: 535 Authentication failed: Bad username / password"
    fixes = {fix.app: fix for fix in explain(refusal).fixes}

    assert {"SMTP_LOGIN": "apikey", "SMTP_PASSWORD": "<the API key, SG.…>"} == {
        one.key: one.value for one in fixes["mastodon"].settings
    }
    assert "'apikey'" in {one.value for one in fixes["django"].settings}
    assert any("mail_smtpname --value 'apikey'" in step for step in fixes["nextcloud"].steps)
    assert any("apikey:<the API key" in step for step in fixes["postfix"].steps)
    assert any("SETTING_EMAIL_HOST_USER and SECRETS_email_password" in step for step in fixes["zulip"].steps)


def steps_of(text: str) -> str:
    return "\n".join(explain(text, app="rails").fixes[0].steps)


@pytest.mark.parametrize(
    "text",
    [
        "connect to in-v3.mailjet.com[192.0.2.4]:25: Connection timed out",
        "host in-v3.mailjet.com[192.0.2.4] said: 535 5.7.8 Error: authentication failed",
        "530 5.7.0 Authentication required, see https://www.mailjet.com",
    ],
)
def test_a_provider_s_customer_is_told_where_it_takes_mail(text: str) -> None:
    assert "in-v3.mailjet.com, port 587 with STARTTLS" in steps_of(text)


def test_who_sends_to_a_provider_s_users_is_not_told_where_its_customers_send() -> None:
    assert "smtp.gmail.com, port" in steps_of("connect to smtp.gmail.com[192.0.2.4]:25: Connection refused")
    assert "smtp.gmail.com, port" not in steps_of("connect to alt1.gmail-smtp-in.l.google.com[192.0.2.4]:25: timed out")


def test_a_value_in_a_rule_is_text_and_no_format(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        """\
family: own
rules:
  - id: auth-failed.odd
    cause: auth-failed
    tier: phrase
    when: {text: ["odd refusal of braces"]}
    fixes:
      each: {steps: ["Do it."], set: {user: "{0.__class__} {", password: "}"}}
    samples: {match: ["odd refusal of braces"]}
""",
        encoding="utf-8",
    )

    assert [] == check([tmp_path])
    fixes = load_rules([tmp_path]).diagnose(read_failure("odd refusal of braces", app="rails")).fixes
    assert ["{0.__class__} {", "}"] == [one.value for one in fixes[0].settings]
