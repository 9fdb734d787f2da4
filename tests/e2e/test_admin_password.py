"""A shop's administrator password: the one in the cluster, for its owner, and nowhere else."""

from tests.e2e.conftest import NewService
from tests.e2e.service import follow

REVEAL = """mutation ($id: ID!) { revealAdminPassword(input: {id: $id}) {
  username password errors { code } } }"""
AUDIT = """query ($id: ID!) { auditLog(filter: {storeId: $id, action: "revealAdminPassword"}) {
  edges { node { actor outcome code } } } }"""


async def test_the_password_of_a_real_secret(new_service: NewService) -> None:
    service = new_service()
    service.start()
    owner, admin = service.token("merchant"), service.token("root", role="admin")
    store_id = service.create(owner, "my-shop")["store"]["id"]
    async with service.websocket(owner) as session:
        (*_, last) = await follow(session, store_id, until={"READY", "FAILED"})
    assert last["store"]["status"] == "READY"

    shown = service.execute(owner, REVEAL, id=store_id)["revealAdminPassword"]
    refused = service.execute(admin, REVEAL, id=store_id)["revealAdminPassword"]

    expected = service.admin_password(last["store"]["diagnostics"]["namespace"])
    assert shown == {"username": "admin", "password": expected, "errors": []}
    assert refused == {"username": None, "password": None, "errors": [{"code": "FORBIDDEN"}]}
    edges = service.execute(admin, AUDIT, id=store_id)["auditLog"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {"actor": "root", "outcome": "REFUSED", "code": "FORBIDDEN"},
        {"actor": "merchant", "outcome": "ACCEPTED", "code": None},
    ]
    for file in (path for path in service.folder.rglob("*") if path.is_file()):
        assert expected.encode() not in file.read_bytes(), file
