"""Plays a case with a real Postfix that hands all mail to the misbehaving server as its relayhost."""

from __future__ import annotations

import re
import shutil
import smtplib
import subprocess
import time
from pathlib import Path

from tests.lab.scenarios import Scenario

RECORDED = "Postfix 3.7 with maillog_file"
COMPOSED = "time-outs of minutes shortened in main.cf"
# Postfix goes on without AUTH, without TLS (level may) or with TLS 1.1 where these servers offer no better.
SKIPPED = frozenset({"auth-not-offered", "auth-only-inside-tls", "starttls-unavailable", "tls-too-old"})
LOG = Path("/var/log/mail.log")

_MAIN = """compatibility_level = 3.6
myhostname = mx.example.org
mydestination = social.example.org, chat.example.org, localhost
alias_maps = inline:{{ {{notifications=/dev/null}} {{noreply=/dev/null}} {{mailer=/dev/null}} }}
recipient_delimiter = -
mynetworks = {own_networks}
inet_interfaces = all
inet_protocols = ipv4
maillog_file = {log}
relayhost = [{host}]:{port}
smtp_sasl_auth_enable = {has_login}
smtp_sasl_password_maps = inline:{{ {{[{host}]:{port} = mailer@example.org:example-password}} }}
smtp_sasl_security_options = noanonymous
smtp_sasl_tls_security_options = noanonymous
smtp_tls_CAfile = {room}/authority.pem
smtp_tls_security_level = {level}
smtp_tls_wrappermode = {wrapper}
smtp_tls_loglevel = 1
smtp_connect_timeout = 10s
smtp_helo_timeout = 10s
smtp_data_done_timeout = 10s
smtp_connection_cache_on_demand = no
"""


def play(scenario: Scenario, room: Path) -> dict[str, str]:
    """Hand the case's mails to Postfix, each when the one before was tried; return mail.log."""
    start(scenario, room)
    for number in range(1, scenario.mails + 1):
        submit(f"user{number}@remote.example.net" if scenario.name == "story" else "ada@remote.example.net")
        wait_for_tries(number)
    return {"mail.log": stop()}


def count_tries(files: dict[str, str]) -> int:
    """Count what Postfix tried in vain: a suspended delivery is no try of its own."""
    lines = re.findall(r"status=(?:deferred|bounced) \((?!delivery temporarily suspended).*", files["mail.log"])
    return len(lines)


def start(scenario: Scenario, room: Path, own_networks: str = "127.0.0.0/8", more: str = "") -> None:
    """Start it; `more` is further lines of main.cf."""
    configuration = room / "postfix"
    configuration.mkdir()
    for folder in ("/var/log", "/var/spool/postfix", "/var/lib/postfix"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
    is_checked = scenario.name.startswith("cert-")
    levels = {"none": "none", "starttls": "may", "starttls-always": "encrypt", "implicit": "encrypt"}
    (configuration / "main.cf").write_text(
        _MAIN.format(
            log=LOG,
            own_networks=own_networks,
            room=room,
            host=scenario.host,
            port=scenario.port,
            has_login="yes" if scenario.has_login else "no",
            level="secure" if is_checked else levels[scenario.security],
            wrapper="yes" if scenario.security == "implicit" else "no",
        )
        + more
    )
    services = Path("/usr/share/postfix/master.cf.dist").read_text()
    # No chroot: it would need a copy of the resolver's files.
    (configuration / "master.cf").write_text(re.sub(r"(?m)^(\S+\s+\S+\s+\S+\s+\S+\s+)y(\s)", r"\1n\2", services))
    for name in ("postfix-files", "dynamicmaps.cf"):
        if (path := Path("/etc/postfix") / name).exists():
            shutil.copy(path, configuration)
    subprocess.run(["mount", "--bind", configuration, "/etc/postfix"], check=True)
    subprocess.run(["chown", "postfix", "/var/lib/postfix"], check=True)
    subprocess.run(["postfix", "start"], check=True, capture_output=True)
    _wait_for(r"daemon started", 1)
    time.sleep(0.5)


def submit(recipient: str) -> None:
    """Hand over one mail as an application on this host does."""
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="social.example.org") as client:
        message = "From: notifications@social.example.org\nSubject: Hello\n\nHello\n"
        client.sendmail("notifications@social.example.org", [recipient], message)


def wait_for_tries(count: int) -> None:
    _wait_for(r"postfix/(?:smtp|error)\[\d+\]: \w+: to=<[^>]*remote\.example\.net>.* status=", count)


def wait_for_expiry() -> None:
    """Wait until a mail was returned since no try had worked in time."""
    _wait_for(r"status=expired", 1)


def stop() -> str:
    time.sleep(0.7)
    subprocess.run(["postfix", "stop"], check=True, capture_output=True)
    return LOG.read_text(errors="surrogateescape")


def _wait_for(pattern: str, count: int, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not LOG.exists() or len(re.findall(pattern, LOG.read_text(errors="replace"))) < count:
        if time.monotonic() > deadline:
            text = LOG.read_text(errors="replace") if LOG.exists() else "no log"
            raise TimeoutError(f"{pattern!r} was not seen {count} times:\n{text[-3000:]}")
        time.sleep(0.05)
