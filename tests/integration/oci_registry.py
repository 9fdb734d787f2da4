"""A registry as helm needs it to push a chart and to ask for one, in this process and by TLS."""

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import trustme


class Registry(ThreadingHTTPServer):
    """Keeps blobs by digest, and manifests by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[str, bytes]] = {}

    @property
    def address(self) -> str:
        return f"localhost:{self.server_port}"


@contextmanager
def running(authority_file: Path) -> Iterator[Registry]:
    """Run a registry, and write the certificate that it is to be trusted by."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(authority_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Registry() as registry:
        registry.socket = context.wrap_socket(registry.socket, server_side=True)
        thread = Thread(target=registry.serve_forever, daemon=True)
        thread.start()
        try:
            yield registry
        finally:
            registry.shutdown()
            thread.join()


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Registry

    def do_POST(self) -> None:
        self._answer(202, Location="/upload")

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        digest = digest_of(content)
        if self.path.startswith("/upload?"):
            self.server.blobs[digest] = content
        else:
            self.server.manifests[self.path] = (self.headers["Content-Type"], content)
        self._answer(201, Docker_Content_Digest=digest)

    def do_GET(self) -> None:
        blob = self.server.blobs.get(self.path.rpartition("/")[2])
        if blob is not None:
            self._answer(200, blob)
        elif self.path in self.server.manifests:
            kind, content = self.server.manifests[self.path]
            digest = digest_of(content)
            self._answer(200, content, Content_Type=kind, Docker_Content_Digest=digest)
        else:
            self._answer(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing: a test's output is its own."""

    def _answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
