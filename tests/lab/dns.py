"""A name server of a few lines: knows the lab's names, says NXDOMAIN to all others, or never answers."""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading
from collections.abc import Mapping

_A = 1


def serve_names(addresses: Mapping[str, str], is_mute: bool = False) -> None:
    """Answer on 127.0.0.1:53 until the process ends."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def answer_all() -> None:
        while True:
            query, client = server.recvfrom(512)
            if not is_mute:
                server.sendto(_answer(query, addresses), client)

    threading.Thread(target=answer_all, daemon=True).start()


def _answer(query: bytes, addresses: Mapping[str, str]) -> bytes:
    labels, position = [], 12
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode("ascii", "replace"))
        position += 1 + length
    question = query[12 : position + 5]
    kind = struct.unpack("!H", query[position + 1 : position + 3])[0]
    address = addresses.get(".".join(labels).lower())

    is_found = address is not None and kind == _A
    flags = 0x8180 if address is not None else 0x8183  # response, recursion available; 3 = no such name
    reply = query[:2] + struct.pack("!HHHHH", flags, 1, int(is_found), 0, 0) + question
    if is_found:
        packed = ipaddress.IPv4Address(address).packed
        reply += struct.pack("!HHHIH", 0xC00C, _A, 1, 60, 4) + packed
    return reply
