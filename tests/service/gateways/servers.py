"""Servers on loopback with certificates: HTTPS that answers as it is told, and SMTP that keeps the mail it gets."""

from __future__ import annotations

import base64
import http.server
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from tests.certificates import Certificate


@dataclass
class Taken:
    """One request: its path, headers and body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpsServer:
    status: int = 200
    location: str = ""
    breaks: bool = False
    """The body of the answer never comes."""
    answer: bytes = b""
    slow_seconds: float = 0
    """Silence before the answer."""
    drips: bool = False
    """One header after the other, without an end."""
    port: int = 0
    taken: list[Taken] = field(default_factory=list[Taken])

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@dataclass
class SmtpServer:
    """``refuses`` is the answer to RCPT TO; empty: every receiver is taken. ``says`` has those to other commands."""

    offers_tls: bool = True
    at_once: bool = False
    refuses: str = ""
    password: str = ""
    says: dict[str, str] = field(default_factory=dict[str, str])
    """The answer by its command in capitals; the greeting by ``HELLO``, the one to a mail by its last line."""
    port: int = 0
    mails: list[str] = field(default_factory=list[str])
    receivers: list[str] = field(default_factory=list[str])
    in_the_clear: list[str] = field(default_factory=list[str])
    """Commands that came before TLS."""


def context_of(certificate: Certificate) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate.certificate, certificate.key)
    return made


@contextmanager
def serving_https(certificate: Certificate) -> Generator[HttpsServer]:
    there = HttpsServer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.taken.append(Taken(self.path, dict(self.headers), body))
            time.sleep(there.slow_seconds)
            self.send_response(there.status)
            if there.location:
                self.send_header("Location", there.location)
            while there.drips:
                self.send_header("X-More", "to come")
                self.flush_headers()
                time.sleep(0.1)
            self.send_header("Content-Length", "9" if there.breaks else str(len(there.answer)))
            self.end_headers()
            if not there.breaks:
                self.wfile.write(there.answer)
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a caller that does not trust us ends the handshake

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context_of(certificate).wrap_socket(server.socket, server_side=True)
    there.port = server.server_address[1]
    with _running(server):
        yield there


@contextmanager
def serving_smtp(certificate: Certificate, **said: Any) -> Generator[SmtpServer]:
    there = SmtpServer(**said)
    tls = context_of(certificate)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                _talk(there, cast("socket.socket", self.request), tls)
            except OSError:
                return  # the client went

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    there.port = server.server_address[1]
    with _running(server):
        yield there


def _talk(there: SmtpServer, plain: socket.socket, tls: ssl.SSLContext) -> None:
    line, secure = plain, there.at_once
    if there.at_once:
        line = tls.wrap_socket(plain, server_side=True)
    lines = line.makefile("rwb")

    def say(words: str) -> None:
        lines.write(f"{words}\r\n".encode())
        lines.flush()

    say(there.says.get("HELLO", "220 there"))
    while said := lines.readline().decode().strip():
        word = said.upper()
        if not secure:
            there.in_the_clear.append(word.partition(" ")[0])
        if word.startswith("EHLO"):
            say("250-there")
            if secure:
                say("250-AUTH PLAIN")
            say("250-STARTTLS" if there.offers_tls and not secure else "250-8BITMIME")
            say("250 SIZE 100000")
        elif word == "STARTTLS":
            say("220 go on")
            line, secure = tls.wrap_socket(line, server_side=True), True
            lines = line.makefile("rwb")
        elif word.startswith("AUTH PLAIN"):
            right = base64.b64decode(said.split()[-1]).decode().split("\0")[-1] == there.password
            say("235 come in" if right else "535 no")
        elif word.startswith("RCPT"):
            there.receivers.append(said.partition(":")[2].strip("<> "))
            say(there.refuses or "250 yes")
        elif word == "DATA":
            say("354 go on")
            mail: list[str] = []
            while (piece := lines.readline().decode().rstrip("\r\n")) != ".":
                mail.append(piece)
            there.mails.append("\n".join(mail))
            say(there.says.get(".", "250 taken"))
        elif word == "QUIT":
            say(there.says.get("QUIT", "221 bye"))
            break
        else:
            say(there.says.get(word.partition(" ")[0], "250 yes"))
    line.close()


@contextmanager
def _running(server: socketserver.BaseServer) -> Generator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
