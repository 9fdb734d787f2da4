"""Servers on loopback that the doctor asks: an ingress controller, a registry, a mail server."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

SHOPS = "*.shops.test"
USER, PASSWORD = "shops", "mail-s3cret"


def shown_by(ca: trustme.CA, *names: str, not_after: datetime | None = None) -> ssl.SSLContext:
    """Return what a server needs to show a certificate for these names."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(*names, not_after=not_after).configure_cert(tls)
    return tls


class _Web(BaseHTTPRequestHandler):
    """Answers as a registry at ``/v2/``, and elsewhere as a controller that knows no such shop."""

    def do_GET(self) -> None:
        self.send_response(401 if self.path == "/v2/" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_server(tls: ssl.SSLContext) -> Iterator[int]:
    """Answer by HTTPS until the context is left; give the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Web) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        with _serving(server):
            yield server.server_port


class _Mail(socketserver.StreamRequestHandler):
    """Lets ``USER`` sign in, but only after STARTTLS."""

    tls: ssl.SSLContext  # set for each server

    def handle(self) -> None:
        self.say("220 mail.test")
        if self.follow("STARTTLS") != "STARTTLS":
            return
        # The handler's files are of the connection in clear text.
        with self.tls.wrap_socket(self.connection, server_side=True) as protected:
            self.rfile, self.wfile = protected.makefile("rb"), protected.makefile("wb")
            self.follow("AUTH PLAIN")

    def follow(self, offered: str) -> str:
        """Answer until the client asks for TLS or goes; return its last word."""
        word = ""
        for line in iter(self.rfile.readline, b""):
            word, _, rest = line.decode().strip().partition(" ")
            self.say(self.answer(word.upper(), rest, offered))
            if word in ("STARTTLS", "QUIT", "quit"):
                break
        return word

    def answer(self, word: str, rest: str, offered: str) -> str:
        if word == "EHLO":
            return f"250-mail.test\r\n250 {offered}"
        if word == "AUTH":
            wanted = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
            return "235 welcome" if rest == f"PLAIN {wanted}" else "535 go away"
        return "220 go on" if word == "STARTTLS" else "221 bye"

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()


@contextmanager
def mail_server(tls: ssl.SSLContext) -> Iterator[int]:
    """Be a mail server until the context is left; give the port."""
    handler = type("Mail", (_Mail,), {"tls": tls})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server, _serving(server):
        yield server.server_address[1]


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
