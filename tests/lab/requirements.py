"""What the lab needs on the machine, and a clear message about what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

COMMON = {"unshare": "util-linux", "ip": "iproute2", "mount": "mount"}
PROGRAMS = {
    "mastodon": {"ruby": "ruby", "sidekiq": "ruby-sidekiq", "redis-server": "redis-server"},
    "zulip": {},
    "mattermost": {"go": "golang-go"},
    "postfix": {"/usr/sbin/postfix": "postfix", "/usr/lib/x86_64-linux-gnu/sasl2/libplain.so": "libsasl2-modules"},
    "exim": {
        "dpkg": "dpkg",
        "/usr/lib/x86_64-linux-gnu/libidn.so.12": "libidn12",
        "/usr/lib/x86_64-linux-gnu/libgnutls-dane.so.0": "libgnutls-dane0",
    },
    "journal": {"/lib/systemd/systemd-journal-remote": "systemd-journal-remote", "journalctl": "systemd"},
}
RUBY_LIBRARIES = {"action_mailer": "ruby-actionmailer", "active_job": "ruby-activejob", "http": "ruby-http"}
MODULES = {"cryptography": "cryptography", "django": "django"}


def check_requirements(parts: Sequence[str]) -> None:
    """Raise SystemExit with the packages to install, if any."""
    programs = dict(COMMON)
    for part in parts:
        programs |= PROGRAMS.get(part, {})
    debian = [package for program, package in programs.items() if not _is_program(program)]
    if "mastodon" in parts:
        debian += [package for name, package in RUBY_LIBRARIES.items() if not _is_ruby_library(name)]
    pypi = [package for name, package in MODULES.items() if importlib.util.find_spec(name) is None]

    problems = []
    if debian:
        problems.append(f"Debian packages are missing: apt-get install --no-install-recommends {' '.join(debian)}")
    if pypi:
        problems.append(f"PyPI packages are missing: pip install {' '.join(pypi)}")
    if os.geteuid() != 0:
        problems.append("The lab makes network namespaces and listens on ports below 1024: run it as root.")
    if problems:
        raise SystemExit("\n".join(problems))


def _is_program(name: str) -> bool:
    return Path(name).exists() if name.startswith("/") else shutil.which(name) is not None


def _is_ruby_library(name: str) -> bool:
    return any(
        any(Path(folder).glob(pattern))
        for folder, pattern in (
            ("/usr/lib/ruby/vendor_ruby", f"{name}.rb"),
            ("/usr/share/rubygems-integration", f"*/gems/*/lib/{name}.rb"),
        )
    )
