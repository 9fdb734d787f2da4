"""A shop's administrator gets a new password: shown once, and valid from then on."""

from tests.e2e.service import Service
from tests.e2e.test_admin_password import REVEAL
from tests.e2e.test_recovery import a_store
from tests.e2e.test_restart import is_over

RESET = """mutation ($id: ID!) { resetAdminPassword(input: {id: $id}) {
  username password operation { kind status } errors { code message } } }"""
AUDIT = """query ($id: ID!) { auditLog(filter: {storeId: $id, action: "resetAdminPassword"}) {
  edges { node { actor outcome code arguments } } } }"""
EVENTS = """query ($id: ID!) { store(id: $id) { events(first: 500) {
  edges { node { kind subject status message } } }
  operations(first: 9) { edges { node { kind status parameters } } } } }"""


async def test_it_is_set_by_a_job_and_nowhere_but_in_the_secret(service: Service) -> None:
    async with a_store(service, "locked-out") as store:
        await store.until("READY")
        first = service.admin_password(store.namespace)
        admin = service.token("root", role="admin")

        refused = service.execute(admin, RESET, id=store.store_id)["resetAdminPassword"]
        shown = service.execute(store.token, RESET, id=store.store_id)["resetAdminPassword"]
        again = service.execute(store.token, RESET, id=store.store_id)["resetAdminPassword"]
        await store.until_update(is_over)

        assert (refused["password"], refused["errors"][0]["code"]) == (None, "FORBIDDEN")
        assert (shown["username"], shown["errors"]) == ("admin", [])
        assert shown["operation"]["kind"] == "RESET_PASSWORD"
        assert (again["password"], again["errors"][0]["code"]) == (None, "OPERATION_UNDER_WAY")
        assert service.admin_password(store.namespace) == shown["password"] != first
        secret = service.cluster.kubectl_json(
            "-n", store.namespace, "get", "secret", "store-credentials"
        )
        assert [key for key in secret["data"] if key.startswith("next-")] == []

        # It is not shown again, and who asked is on record
        revealed = service.execute(store.token, REVEAL, id=store.store_id)["revealAdminPassword"]
        assert (revealed["password"], revealed["errors"]) == (None, [{"code": "NOT_AVAILABLE"}])
        audit = service.execute(admin, AUDIT, id=store.store_id)["auditLog"]["edges"]
        outcomes = [(item["node"]["actor"], item["node"]["outcome"]) for item in audit]
        assert sorted(outcome for _, outcome in outcomes) == ["ACCEPTED", "REFUSED", "REFUSED"]
        assert ("root", "REFUSED") in outcomes
        told = service.execute(store.token, EVENTS, id=store.store_id)
        ends = [
            item["node"]["status"]
            for item in told["store"]["events"]["edges"]
            if item["node"]["kind"] == "TASK"
        ]
        assert ends == ["QUEUED", "RUNNING", "SUCCEEDED"]
        for text in (str(told), str(audit)):
            assert shown["password"] not in text
        for file in (path for path in service.folder.rglob("*") if path.is_file()):
            assert shown["password"].encode() not in file.read_bytes(), file
