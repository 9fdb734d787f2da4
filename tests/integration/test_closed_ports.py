"""A web page in the user's browser gets nothing from the local cluster, by whatever port.

A page may send requests to loopback addresses, and reads the answers where CORS lets it, or where
it has had its own name lead there (DNS rebinding). The ports are those on which the processes of
the running cluster listen, so that no component can be forgotten.
"""

import http.client
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster

ORIGIN = "https://evil.example"
REQUESTS = [
    ("POST", "/v3/kv/range"), ("POST", "/v3/auth/authenticate"), ("GET", "/v2/keys/"), ("GET", "/"),
    ("GET", "/api/v1/secrets"), ("POST", "/api/v1/namespaces"), ("GET", "/metrics"),
    ("GET", "/configz"), ("GET", "/debug/pprof/"), ("GET", "/debug/vars"), ("GET", "/pods"),
    ("POST", "/exec/default/pod/main"), ("GET", "/logs/"), ("GET", "/routes"), ("GET", "/stats/"),
    ("OPTIONS", "/v3/kv/range"),
]  # fmt: skip
REFUSALS = {400, 401, 403, 404, 405}
_LISTEN = "0A"


@pytest.mark.cluster
def test_no_port_answers_a_web_page(local_cluster: LocalCluster) -> None:
    listening = {name: list(_listening(name, local_cluster)) for name in local_cluster.components}
    # Given the ports that are known to be there
    ports = local_cluster.layout.ports
    assert {port for _, port in listening["etcd"]} == {ports.etcd, ports.etcd_peers}
    assert {port for _, port in listening["kube-apiserver"]} == {ports.apiserver}
    assert listening["kwok"] == []
    for name, places in listening.items():
        for address, port in places:
            assert address == "127.0.0.1", (name, address, port)
            for method, path in REQUESTS:
                for tls in (True, False):
                    _gets_nothing(f"{name}:{port}", port, method, path, tls=tls)


def _gets_nothing(what: str, port: int, method: str, path: str, *, tls: bool) -> None:
    headers = {"Origin": ORIGIN, "Host": f"rebound.example:{port}", "Content-Type": "text/plain"}
    body = '{"key": "AA==", "range_end": "AA=="}' if method == "POST" else None
    connection = _connection(port, tls=tls)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException):
        return  # no request without a client's certificate, or none of this protocol
    finally:
        connection.close()
    assert answer.status in REFUSALS, (what, method, path, answer.status, said[:200])
    assert answer.headers.get("Access-Control-Allow-Origin") is None, (what, method, path)


def _connection(port: int, *, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=anyone)


def _listening(component: str, cluster: LocalCluster) -> Iterator[tuple[str, int]]:
    """Give the addresses on which a component and its children listen."""
    leader = cluster.daemon(component).pid
    assert leader is not None
    sockets = {inode for pid in _session(leader) for inode in _sockets(pid)}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{leader}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and fields[9] in sockets:
                address, _, port = fields[1].partition(":")
                yield _address(address), int(port, 16)


def _session(leader: int) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if os.getsid(int(folder.name)) == leader:
                    yield int(folder.name)
            except ProcessLookupError:
                continue


def _sockets(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").removesuffix("]")


def _address(text: str) -> str:
    """Return an address of the kernel's table, whose words are in the machine's own order."""
    if len(text) > 8:
        return f"IPv6 {text}"
    return ".".join(str(number) for number in reversed(bytes.fromhex(text)))
