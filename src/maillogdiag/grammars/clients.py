"""Clients of a mail server: which are ours, and which are strangers whose refusal is none of our business."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

_OWN_NETWORKS = tuple(
    ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
                    "100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10")
)  # fmt: skip


def is_near(client: str, address: str) -> bool:
    """Whether a client is this machine or in a private network, where our applications run.

    Args:
        client: its name as logged.
        address: its address as logged, also "IPv6:…"; an unreadable one leaves the name "localhost" to tell.
    """
    try:
        ip = ip_address(address.removeprefix("IPv6:"))
    except ValueError:
        return client == "localhost"
    return any(ip in network for network in _OWN_NETWORKS)
