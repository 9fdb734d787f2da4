"""After a store has come and gone, no secret is where somebody could read it who should not."""

import asyncio
import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.e2e.conftest import NewService
from tests.e2e.service import Service, follow

BAD_TOKEN = "sp_" + "wrong-but-secret-all-the-same"


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """Collect the command line of every process that is seen meanwhile."""
    seen: set[bytes] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(file.read_bytes())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def generated(service: Service, namespace: str) -> set[str]:
    """Return the passwords of a store, as they are and as the cluster keeps them."""
    secret = service.cluster.kubectl_json("-n", namespace, "get", "secret", "store-credentials")
    kept = set(secret["data"].values())
    return kept | {base64.b64decode(value).decode() for value in kept}


async def test_no_secret_is_left_anywhere(new_service: NewService) -> None:
    service = new_service()
    service.is_forked = False  # its own command line is looked at too
    service.start()
    token = service.token("merchant")
    secrets = {token, BAD_TOKEN}
    kubeconfig = service.cluster.kubeconfig.read_text()
    secrets |= set(re.findall(r"(?:token|password|client-key-data): *\"?([^\s\"]{8,})", kubeconfig))

    # When a store is made and removed, and somebody fails to sign in meanwhile
    with command_lines() as seen:
        store_id = service.create(token, "discreet")["store"]["id"]
        with suppress(Exception):
            service.execute(BAD_TOKEN, "{ viewer { name } }")
        async with service.websocket(token) as session, asyncio.timeout(120):
            made = await follow(session, store_id, until={"READY", "FAILED"}, after=0)
            assert made[-1]["store"]["status"] == "READY", made[-1]
            namespace = made[-1]["store"]["diagnostics"]["namespace"]
            passwords = generated(service, namespace)
            service.delete(token, store_id)
            gone = await follow(session, store_id, until={"DELETED"}, after=made[-1]["version"])
    assert len(passwords) >= 4
    assert any(b"helm" in line and namespace.encode() in line for line in seen)

    # Then none is in the log, in the database, in what was told, or in a command line
    places = {
        "the log": service.log.read_bytes(),
        "what was told": json.dumps(made + gone).encode(),
        "command lines": b"\n".join(seen),
    }
    places |= {file.name: file.read_bytes() for file in service.folder.glob("platform.db*")}
    found = {
        (place, secret[:4] + "...")
        for place, content in places.items()
        for secret in secrets | passwords
        if secret.encode() in content
    }
    assert found == set()
