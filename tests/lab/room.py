"""The room a case is played in: a namespace with its own loopback, names, host name and home folders.

`open_room` must be called as root inside new network, mount, uts and pid namespaces (see `__main__`); it refuses to
touch the machine's own.
"""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from tests.lab import certificates, dns

SMTP_HOST = "smtp.example.org"
SMTP_ADDRESS = "192.0.2.25"
OWN_ADDRESS = "192.0.2.10"
MUTE_ADDRESS = "192.0.2.66"  # takes no connection and refuses none
NO_HOST_ADDRESS = "198.51.100.25"
NO_NET_ADDRESS = "203.0.113.25"
NAMES = {
    SMTP_HOST: SMTP_ADDRESS,
    "mute.example.org": MUTE_ADDRESS,
    "nohost.example.org": NO_HOST_ADDRESS,
    "nonet.example.org": NO_NET_ADDRESS,
    "remote.example.net": "192.0.2.80",
    "slow.example.net": MUTE_ADDRESS,
    "social.example.org": "127.0.0.1",
}


# Nothing older than TLS 1.2, as Ubuntu, RHEL and older Debian set it for all programs.
_OPENSSL_SETTINGS = """openssl_conf = settings
[settings]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1.2
"""


def client_environment(room: Path) -> dict[str, str]:
    """Return what makes OpenSSL, Go and Python clients trust the lab's authority."""
    return {"SSL_CERT_FILE": str(room / "authority.pem"), "OPENSSL_CONF": str(room / "openssl.cnf")}


def open_room(hostname: str, is_dns_mute: bool = False) -> Path:
    """Furnish this namespace; return a folder with the certificates."""
    if os.getpid() != 1:
        raise SystemExit("A room is opened only as the first process of a new pid namespace.")
    for command in (
        "ip link set lo up",
        f"ip addr add {SMTP_ADDRESS}/32 dev lo",
        f"ip addr add {MUTE_ADDRESS}/32 dev lo",
        "ip addr add 192.0.2.80/32 dev lo",
        f"ip addr add {OWN_ADDRESS}/32 dev lo",
        f"ip route change local {SMTP_ADDRESS} dev lo table local src {OWN_ADDRESS}",
        f"ip route add unreachable {NO_HOST_ADDRESS}/32",
        "mount -t tmpfs tmpfs /home",
        "mount -t tmpfs tmpfs /opt",
        "mount -t tmpfs tmpfs /mnt",
    ):
        subprocess.run(command.split(), check=True)
    socket.sethostname(hostname)
    folder = Path("/mnt/room")
    folder.mkdir()
    for target, text in (
        ("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {hostname}.example.org {hostname}\n::1 localhost\n"),
        ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
        ("/etc/hostname", f"{hostname}\n"),
    ):
        replacement = folder / Path(target).name
        replacement.write_text(text)
        subprocess.run(["mount", "--bind", replacement, os.path.realpath(target)], check=True)
    (folder / "openssl.cnf").write_text(_OPENSSL_SETTINGS)
    dns.serve_names(NAMES, is_dns_mute)
    certificates.write_certificates(folder, SMTP_HOST)
    return folder


def block_port(port: int) -> list[socket.socket]:
    """Make connecting to the mute address hang: a listener whose queue is full drops every further SYN."""
    listener = socket.create_server((MUTE_ADDRESS, port), backlog=0)
    held = [listener]
    for _ in range(2):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex((MUTE_ADDRESS, port))
        held.append(filler)
    return held
