"""A misbehaving SMTP server: serves each connection by the next `Dialogue` of its list, the last one for ever.

Blocking sockets and one thread a connection: the impolite cases (cut in the middle of a handshake, never speak) are
plainer so than with an event loop.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab.dialogue import Dialogue, Phase, Rude

_HANG_S = 180
_POLITE = {
    "banner": "220 smtp.example.org ESMTP ready",
    "STARTTLS": "220 2.0.0 Ready to start TLS",
    "AUTH": "235 2.7.0 Authentication successful",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "END": "250 2.0.0 Ok: queued as 4F6B21E0A3",
}


class _HangupError(Exception):
    """The server ends this connection."""


class Server:
    """Listens on one address until the process ends."""

    def __init__(self, address: tuple[str, int], dialogues: Sequence[Dialogue], certificates: Path) -> None:
        self._dialogues = dialogues
        self._certificates = certificates
        self._served = 0
        self._listener = socket.create_server(address, backlog=50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            dialogue = self._dialogues[min(self._served, len(self._dialogues) - 1)]
            self._served += 1
            session = _Session(connection, dialogue, self._certificates)
            threading.Thread(target=session.run, daemon=True).start()


class _Session:
    """One connection served by one dialogue."""

    def __init__(self, connection: socket.socket, dialogue: Dialogue, certificates: Path) -> None:
        self._socket = connection
        self._dialogue = dialogue
        self._certificates = certificates
        self._is_encrypted = False

    def run(self) -> None:
        try:
            if self._dialogue.tls == "implicit":
                self._encrypt()
            self._say("banner")
            self._converse()
        except (_HangupError, OSError):
            pass
        finally:
            self._socket.close()

    def _converse(self) -> None:
        lines = self._socket.makefile("rb")
        while line := lines.readline():
            verb = line.strip().upper().partition(b" ")[0].decode("ascii", "replace")
            if verb in ("EHLO", "HELO"):
                self._greet()
            elif verb == "STARTTLS" and self._dialogue.tls == "starttls":
                self._say("STARTTLS")
                self._encrypt()
                lines = self._socket.makefile("rb")
            elif verb == "AUTH":
                self._authenticate(line, lines)
            elif verb in ("MAIL", "RCPT"):
                self._say(verb)
            elif verb == "DATA":
                if self._say("DATA").startswith("354"):
                    while lines.readline() not in (b".\r\n", b""):
                        pass
                    self._say("END")
            elif verb == "QUIT":
                self._send("221 2.0.0 Bye")
                raise _HangupError
            elif verb in ("RSET", "NOOP"):
                self._send("250 2.0.0 Ok")
            else:
                self._send("502 5.5.2 Error: command not recognized")

    def _greet(self) -> None:
        if "EHLO" in self._dialogue.answers:
            self._say("EHLO")
        else:
            self._send("\n".join(f"250 {name}" for name in self._dialogue.extensions(self._is_encrypted)))

    def _authenticate(self, line: bytes, lines: socket.SocketIO) -> None:
        """Ask for what the mechanism needs (prompts are base64 of "Username:" and "Password:"), then answer."""
        if "AUTH" not in self._dialogue.answers or str(self._dialogue.answers["AUTH"])[:3] in ("535", "534", "454"):
            words = line.split()
            if words[1].upper() == b"LOGIN":
                prompts = ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"][len(words) - 2 :]
            else:
                prompts = [""][len(words) - 2 :]
            for prompt in prompts:
                self._send(f"334 {prompt}")
                lines.readline()
        self._say("AUTH")

    def _say(self, phase: Phase) -> str:
        """Answer at this phase as the dialogue tells; return what was said."""
        answer = self._dialogue.answers.get(phase, _POLITE.get(phase, ""))
        if answer is Rude.CLOSE:
            raise _HangupError
        if answer is Rude.HANG:
            time.sleep(_HANG_S)
            raise _HangupError
        self._send(answer)
        if (
            answer.startswith("421")
            or phase == self._dialogue.closes_after
            or (phase == "banner" and not answer.startswith("220"))
        ):
            raise _HangupError
        return answer

    def _send(self, reply: str) -> None:
        """Send a reply of one or more lines; each line carries the code, all but the last with a hyphen."""
        if not reply[:3].isdigit():  # not SMTP at all
            self._socket.sendall(f"{reply}\r\n".encode())
            return
        lines = reply.split("\n")
        head = [f"{line[:3]}-{line[4:]}" for line in lines[:-1]]
        self._socket.sendall("".join(f"{line}\r\n" for line in [*head, lines[-1]]).encode())

    def _encrypt(self) -> None:
        answer = self._dialogue.answers.get("handshake")
        if answer is Rude.CLOSE:
            self._socket.recv(1)  # the client's first byte is in, so it sees a cut and not a refusal
            raise _HangupError
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificates / f"{self._dialogue.certificate}.pem")
        if self._dialogue.tls_fault == "old":
            context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3 has no TLS 1.1 above this level
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        elif self._dialogue.tls_fault == "no-shared-cipher":
            context.set_ciphers("AES128-SHA")  # needs an RSA key, ours is not one
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._is_encrypted = True
