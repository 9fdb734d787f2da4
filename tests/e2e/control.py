"""What a test in the browser can do to the service that it looks at: a small HTTP server for it.

The tests are written in TypeScript and run under Node; the service and its cluster belong to
pytest. ``POST /<action>`` with a JSON object of arguments runs one of ``Control``'s actions.
"""

import json
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

from provisioner.domain.names import new_store_id
from tests.authorization_codes import CLIENT_ID
from tests.e2e import simulated_backups
from tests.e2e.service import ROOT, Service
from tests.issuer import AUDIENCE, Issuer

Arguments = dict[str, Any]
_PATIENCE_SECONDS = 90.0
_STATUSES = (
    "[QUEUED, PROVISIONING, UPDATING, READY, DEGRADED, FAILED, SUSPENDED, DELETING, DELETED]"
)
_NAMED = f"""query ($name: String!) {{
  stores(first: 1, filter: {{nameContains: $name, statuses: {_STATUSES}}}) {{
    edges {{ node {{ id status version }} }} }} }}"""
_LEFT = "{ stores(first: 100) { edges { node { id target } } } }"


@dataclass(frozen=True, slots=True)
class Control:
    """One service in the hands of the tests of one file."""

    service: Service
    issuer: Issuer

    def token(self, owner: str, role: str = "operator") -> Arguments:
        return {"token": self.service.token(owner, role)}

    def code(self, token: str, seconds: float = 600) -> Arguments:
        return {"code": self.service.code(token, seconds=seconds)}

    def kill(self) -> Arguments:
        self.service.stop(signal.SIGKILL)
        return {}

    def start(self) -> Arguments:
        self.service.start()
        return {}

    def restart(self) -> Arguments:
        self.service.stop()
        return self.start()

    def give_values(self, values: Arguments) -> Arguments:
        """Have the chart installed with these values after the next start."""
        folder = self.service.folder / "values"
        folder.mkdir(exist_ok=True)
        (folder / "woocommerce.yaml").write_text(json.dumps(values))
        self.service.settings["STORE_PLATFORM_CHART_VALUES"] = str(folder)
        return {}

    def offer_versions(self, versions: list[Arguments]) -> Arguments:
        """Have the engine offer these versions too, from the next start on."""
        charts = self.service.folder / "charts"
        shutil.copytree(ROOT / "charts" / "woocommerce", charts / "woocommerce")
        file = charts / "woocommerce" / "engine.yaml"
        engine = yaml.safe_load(file.read_text())
        (present,) = engine["versions"]
        more = [{"values": present["values"], **version} for version in versions]
        file.write_text(yaml.safe_dump({**engine, "versions": [present, *more]}))
        self.service.settings["STORE_PLATFORM_CHARTS"] = str(charts)
        return {}

    def keep_backups(self) -> Arguments:
        """Have shops backed up after this restart, as far as simulated nodes can do that."""
        simulated_backups.make_place(self.service.cluster)
        self.service.settings |= simulated_backups.SETTINGS
        return self.restart()

    def trust_issuer(self) -> Arguments:
        """Have people sign in at the little issuer after this restart."""
        self.issuer.codes.redirect_uri = f"{self.service.url}/signed-in"
        self.service.settings |= {
            "STORE_PLATFORM_OIDC_ISSUER": self.issuer.url,
            "STORE_PLATFORM_OIDC_AUDIENCE": AUDIENCE,
            "STORE_PLATFORM_OIDC_CLIENT_ID": CLIENT_ID,
            "STORE_PLATFORM_OIDC_TOKEN_ORIGINS": self.issuer.token_origin,
        }
        return self.restart()

    def issuer_is_down(self, isDown: bool) -> Arguments:  # noqa: N803, FBT001 - as JSON has it
        self.issuer.is_down = isDown
        return {}

    def create(self, token: str, name: str) -> Arguments:
        payload = self.service.create(token, name)
        assert payload["errors"] == [], payload
        return payload

    def delete(self, token: str, name: str) -> Arguments:
        return self.service.delete(token, self._store(token, name)["id"])

    def await_status(self, token: str, name: str, status: str) -> Arguments:
        """Wait until a store has a status; return the store."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (store := self._store(token, name))["status"] != status:
            assert time.monotonic() < deadline, store
            time.sleep(0.2)
        return store

    def _store(self, token: str, name: str) -> Arguments:
        """Return the newest store of a name."""
        found = self.service.execute(token, _NAMED, name=name)["stores"]["edges"]
        store: Arguments = found[0]["node"]
        return store

    def admin_password(self, namespace: str) -> Arguments:
        return {"password": self.service.admin_password(namespace)}

    def record_deleted(self, token: str, count: int) -> Arguments:
        """Write the records of ``count`` deleted stores: many to list, and none to work on."""
        pattern = self.create(token, "the-pattern")["store"]["id"].removeprefix("store_")
        with closing(sqlite3.connect(self.service.folder / "platform.db", timeout=10)) as database:
            database.row_factory = sqlite3.Row
            given = database.execute("SELECT * FROM stores WHERE id = ?", [pattern]).fetchone()
            for number in range(count):
                record = {**given, **_deleted(number, given["created_at"])}
                names, marks = ", ".join(record), ", ".join("?" * len(record))
                database.execute(
                    f"INSERT INTO stores ({names}) VALUES ({marks})",  # noqa: S608
                    list(record.values()),
                )
            database.commit()
        return {}

    def clear(self) -> Arguments:
        """Delete every store that is left, and wait until it is gone."""
        if self.service.status("/readyz")[0] != 200:
            self.restart()
        token = self.service.token("cleaner", "admin")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while left := self.service.execute(token, _LEFT)["stores"]["edges"]:
            assert time.monotonic() < deadline, left
            for edge in left:
                if edge["node"]["target"] != "DELETED":
                    self.service.delete(token, edge["node"]["id"])
            time.sleep(0.5)
        if simulated_backups.SETTINGS.items() <= self.service.settings.items():
            simulated_backups.remove_place(self.service.cluster)
        return {}


def _deleted(number: int, created_at: int) -> Arguments:
    store_id = new_store_id()
    return {
        "id": store_id,
        "name": f"shop-{number:04}",
        "namespace": f"woo-{store_id[:12]}",
        "status": "DELETED",
        "target": "DELETED",
        "created_at": created_at - (number + 1) * 60_000_000,
        "deleted_at": created_at,
    }


@contextmanager
def serving(control: Control) -> Iterator[str]:
    """Serve the actions on a loopback port; yield the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                action = getattr(control, self.path.strip("/"))
                status, body = 200, action(**json.loads(given or b"{}"))
            except Exception as error:  # noqa: BLE001 - the test in the browser is told, and fails
                status, body = 500, {"error": repr(error)}
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing: pytest's output is for results."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
