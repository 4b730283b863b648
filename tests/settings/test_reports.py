"""What settings files add to a report: findings, present values, better diagnoses; and never a password."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.cli.commands import app as command_line
from maillogdiag.redaction import find_leaks, redact, remove_secrets
from maillogdiag.reports.model import Finding, Report, Status
from maillogdiag.reports.render import Format, render

FIXTURES = Path(__file__).parents[1] / "fixtures"
FAILING = FIXTURES / "mastodon" / "auth-failed" / "sidekiq.log"
SUCCESS = (
    "2026-11-21 09:22:27,111 INFO [zulip.send_email] Sending confirm_registration email to ['Ada <ada@example.net>']\n"
    "2026-11-21 09:22:29,111 INFO [zulip.send_email] Sending confirm_registration email to ['Ada <ada@example.net>']\n"
)
TIMED_OUT = (
    "2026-11-21 09:22:28,248 ERR  [zulip.send_email] Error sending zerver/emails/password_reset email to "
    "['ada@example.net']: Connection unexpectedly closed: timed out\n"
)
PASSWORD = "hunter2Canary"
CANARIES = ("zinnia", "quillhost", "feather", "canary", "Canary")


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def mastodon_settings(folder: Path, *lines: str) -> str:
    known = ["SMTP_SERVER=smtp.quillhost.org", "SMTP_LOGIN=zinnia", f"SMTP_PASSWORD='{PASSWORD} '", *lines]
    return write(folder / ".env.production", "\n".join(known) + "\n")


def scan(folder: Path, log: str, *config: str) -> Report:
    return maillogdiag.scan([write(folder / "app.log", log)], config=config)


def run(*arguments: object, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "maillogdiag", *map(str, arguments)],
        input=text,
        capture_output=True,
        env={**os.environ, "TZ": "UTC", "COLUMNS": "80"},
        check=False,
    )


def the(report: Report, rule: str) -> Finding:
    return next(finding for finding in report.findings if finding.rule == rule)


def test_settings_that_contradict_themselves_are_a_finding_without_any_log(tmp_path: Path) -> None:
    config = mastodon_settings(tmp_path, "SMTP_PORT=465")

    done = run("scan", "-", "--config", config, "--format", "json", "--no-redact")

    assert 1 == done.returncode
    data = json.loads(done.stdout)
    assert "failing" == data["status"]
    assert "No mail activity was seen in the log, but 2 things are wrong in the settings" in data["verdict"]
    finding = next(one for one in data["findings"] if one["rule"] == "tls-wrong-mode.setting-port-465-without-tls")
    assert 0 == finding["count"]
    assert [(config, 4, "SMTP_PORT=465")] == [(one["source"], one["line"], one["text"]) for one in finding["evidence"]]
    assert any("The log of the process that sends the mail is needed" in limit for limit in data["limits"])


def test_the_verdict_does_not_say_that_mail_fails_where_only_the_settings_are_wrong(tmp_path: Path) -> None:
    config = write(tmp_path / "settings.py", "EXTERNAL_HOST = 'x'\nEMAIL_HOST = 'y'\nEMAIL_PORT = 465\n")

    report = scan(tmp_path, SUCCESS, config)

    assert Status.FAILING == report.status
    assert report.verdict.startswith("Nothing failed in the log, but something is wrong in the settings: Port 465")
    assert "Mail is failing" not in render(report, Format.HTML)


def test_wrong_settings_do_not_undo_that_mail_works_again(tmp_path: Path) -> None:
    log = FIXTURES / "zulip" / "worker-recovers" / "errors.log"
    config = write(tmp_path / "settings.py", "EXTERNAL_HOST = 'x'\nEMAIL_HOST = 'y'\nEMAIL_PORT = 587\n")
    paths = [str(path) for path in log.parent.glob("*.log")]

    without, report = maillogdiag.scan(paths), maillogdiag.scan(paths, config=[config])

    assert without.findings
    assert (without.status, without.verdict) == (report.status, report.verdict)
    assert len(report.findings) == len(without.findings) + 1


def test_a_fix_shows_the_present_value_beside_the_right_one(tmp_path: Path) -> None:
    report = maillogdiag.scan([str(FAILING)], config=[mastodon_settings(tmp_path)])

    ((fix,), evidence) = next((one.fixes, one.evidence) for one in report.findings if one.count)
    assert {"SMTP_LOGIN": "zinnia", "SMTP_PASSWORD": "(set, with a blank at its start or end)"} == {
        setting.key: setting.present for setting in fix.settings
    }
    assert "SMTP_PASSWORD (set, with a blank at its start or end)" == evidence[-1].text
    for form in (Format.TERMINAL, Format.HTML, Format.MARKDOWN):
        shown = render(report, form)
        assert "SMTP_LOGIN=zinnia" in shown
        assert "now: " in shown


def test_a_fix_says_nothing_of_the_present_where_no_settings_were_read(tmp_path: Path) -> None:
    config = write(tmp_path / "settings.py", "EXTERNAL_HOST = 'x'\nEMAIL_HOST = 'y'\n")

    report = maillogdiag.scan([str(FAILING)], config=[config])

    assert {None} == {one.present for finding in report.findings for fix in finding.fixes for one in fix.settings}


def test_what_failed_and_the_setting_it_comes_from_are_one_finding(tmp_path: Path) -> None:
    report = maillogdiag.scan([str(FAILING)], config=[mastodon_settings(tmp_path)])

    assert ["auth-failed"] == [finding.cause for finding in report.findings]


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ("EMAIL_PORT = 465\n", "tls-wrong-mode"),
        ("EMAIL_PORT = 465\nEMAIL_USE_SSL = True\n", "connection-timeout"),
        ("EMAIL_PORT = 587\nEMAIL_USE_TLS = True\n", "connection-timeout"),
    ],
)
def test_a_bare_time_out_is_the_wrong_mode_where_the_settings_say_so(settings: str, cause: str, tmp_path: Path) -> None:
    config = write(tmp_path / "settings.py", f"EXTERNAL_HOST = 'x'\nEMAIL_HOST = 'mail.example.org'\n{settings}")

    assert [cause] == [finding.cause for finding in scan(tmp_path, TIMED_OUT, config).findings]


def test_the_settings_tell_the_provider_where_the_log_does_not(tmp_path: Path) -> None:
    line = (
        "2026-11-21 09:22:28,248 ERR  [zulip.send_email] Error sending zerver/emails/password_reset email to "
        "['ada@example.net'] with error code 535: b'5.7.8 Username and Password not accepted.'\n"
    )
    settings = "EXTERNAL_HOST = 'x'\nEMAIL_HOST = 'smtp.gmail.com'\nEMAIL_PORT = 587\nEMAIL_USE_TLS = True\n"

    without = scan(tmp_path, line)
    report = scan(tmp_path, line, write(tmp_path / "settings.py", settings))

    assert without.findings[0].rule != report.findings[0].rule
    assert "gmail" in report.findings[0].rule


def test_a_number_that_is_none_does_no_harm(tmp_path: Path) -> None:
    config = [
        mastodon_settings(tmp_path, "SMTP_PORT=²"),
        write(tmp_path / "config.php", "<?php $CONFIG = ['instanceid' => 'x', 'version' => '²'];"),
    ]

    report = maillogdiag.scan([str(FAILING)], config=config)

    assert "auth-failed" in [finding.cause for finding in report.findings]


def test_no_password_is_in_any_format_redacted_or_not(tmp_path: Path) -> None:
    secrets = write(
        tmp_path / "zulip-secrets.conf", f"[secrets]\nemail_password = '{PASSWORD}'\nsecret_key = {PASSWORD}\n"
    )
    nextcloud = (
        f"<?php $CONFIG = ['instanceid' => 'x', 'mail_smtppassword' => \"{PASSWORD} \", 'secret' => '{PASSWORD}'];"
    )
    mattermost = {"EmailSettings": {"SMTPServer": "", "SMTPUsername": "u", "SMTPPassword": f'"{PASSWORD}"'}}
    config = [
        mastodon_settings(tmp_path, f"SECRET_KEY_BASE={PASSWORD}"),
        secrets,
        write(tmp_path / "settings.py", f"EXTERNAL_HOST = 'x'\nEMAIL_HOST_PASSWORD = '{PASSWORD}'\n"),
        write(tmp_path / "config.php", nextcloud),
        write(tmp_path / "config.json", json.dumps(mattermost)),
        write(tmp_path / "broken.json", f'{{"EmailSettings": {{"SMTPPassword": "{PASSWORD}"'),
        write(tmp_path / "broken.py", f"EXTERNAL_HOST = '{PASSWORD}\n"),
        write(tmp_path / "broken.conf", f"[secrets]\n{PASSWORD}\n"),
        write(tmp_path / "docker-compose.yml", f"services:\n  a: [{PASSWORD}\n"),
    ]

    report = scan(tmp_path, SUCCESS, *config)

    assert "(set, " in render(report, Format.TERMINAL)
    for one in (report, remove_secrets(report), redact(report)[0]):
        for form in Format:
            assert PASSWORD not in render(one, form)


def test_hosts_users_and_addresses_of_settings_are_replaced_in_what_leaves(tmp_path: Path) -> None:
    config = mastodon_settings(
        tmp_path,
        "SMTP_PORT=587",
        "SMTP_TLS=true",
        "SMTP_FROM_ADDRESS=Canary <canary@feather.quillhost.org>",
    )
    gmail = "SMTP_SERVER=smtp.gmail.com\nSMTP_LOGIN=zinnia@gmail.com\nSMTP_FROM_ADDRESS=canary@feather.quillhost.org\n"
    for text in (Path(config).read_text(), gmail):
        Path(config).write_text(text)
        report = maillogdiag.scan([str(FAILING)], config=[config])

        redacted, replaced = redact(report)

        for form in Format:
            shown = render(redacted, form)
            assert [] == [canary for canary in CANARIES if canary in shown]
            assert [] == find_leaks(shown, replaced)


def test_an_unreadable_settings_file_exits_with_2_and_the_log_is_diagnosed(tmp_path: Path) -> None:
    done = run("scan", FAILING, "--config", tmp_path / "none.env", "--format", "json")

    assert 2 == done.returncode
    assert b"none.env: does not exist; name the file" in done.stderr
    assert ["auth-failed"] == [finding["cause"] for finding in json.loads(done.stdout)["findings"]]


def test_the_settings_in_a_scanned_support_packet_are_read_unasked(tmp_path: Path) -> None:
    packet = tmp_path / "packet.zip"
    with zipfile.ZipFile(packet, "w") as archive:
        archive.writestr("mattermost.log", '{"timestamp":"2026-11-20 09:00:05.000 Z","level":"info","msg":"hello"}\n')
        archive.writestr("sanitized_config.json", '{"EmailSettings": {"SMTPServer": ""}}')

    done = run("scan", packet, "--format", "json")

    report = json.loads(done.stdout)
    assert ["app-misconfigured.setting-no-server"] == [one["rule"] for one in report["findings"]]
    assert not any("skipped" in source["format"] for source in report["coverage"])


def test_a_missing_setting_has_no_line(tmp_path: Path) -> None:
    config = write(tmp_path / "config.json", '{"EmailSettings": {"SMTPPort": "587"}}')

    report = scan(tmp_path, "", config)

    (evidence,) = the(report, "app-misconfigured.setting-no-server").evidence
    assert config == evidence.place
    for form in (Format.TERMINAL, Format.HTML, Format.MARKDOWN):
        assert f"{tmp_path}/config.json:" not in render(report, form, width=500)


def test_the_fix_of_mastodons_second_server_names_its_variables(tmp_path: Path) -> None:
    config = mastodon_settings(tmp_path, "BULK_SMTP_SERVER=mail.quillhost.org", "BULK_SMTP_PORT=465")

    finding = the(scan(tmp_path, "", config), "tls-wrong-mode.setting-port-465-without-tls")

    assert ["BULK_SMTP_PORT=465"] == [item.text for item in finding.evidence]
    (fix,) = finding.fixes
    assert {"BULK_SMTP_PORT": "465"}.items() <= {one.key: one.present for one in fix.settings}.items()
    assert all(one.key.startswith("BULK_") for one in fix.settings)


def test_journal_takes_settings_as_well() -> None:
    from typer.testing import CliRunner

    done = CliRunner().invoke(command_line, ["journal", "--help"])

    assert "--config" in done.output
