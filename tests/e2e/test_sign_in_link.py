"""A link that signs the owner in to their shop: signed by the shop's own secret, kept nowhere."""

import base64

from provisioner.domain.sign_in_links import mac_of
from tests.e2e.service import Service
from tests.e2e.test_recovery import a_store

LINK = """mutation ($id: ID!) { createSignInLink(input: {id: $id}) {
  url expiresAt errors { code } } }"""
AUDIT = """query ($id: ID!) { auditLog(filter: {storeId: $id, action: "createSignInLink"}) {
  edges { node { outcome arguments } } } }"""


async def test_the_shop_can_tell_that_it_is_the_platforms(service: Service) -> None:
    async with a_store(service, "let-me-in") as store:
        await store.until("READY")
        admin = service.token("root", role="admin")

        refused = service.execute(admin, LINK, id=store.store_id)["createSignInLink"]
        made = service.execute(store.token, LINK, id=store.store_id)["createSignInLink"]

        assert refused == {"url": None, "expiresAt": None, "errors": [{"code": "FORBIDDEN"}]}
        page, token = made["url"].split("#")
        assert page.endswith("/wp-login.php?action=store-platform")
        said, mac = token.rsplit(".", 1)
        secret = service.cluster.kubectl_json(
            "-n", store.namespace, "get", "secret", "store-credentials"
        )
        known = base64.b64decode(secret["data"]["mysql-password"]).decode()
        assert mac == mac_of(known, said)
        audit = service.execute(admin, AUDIT, id=store.store_id)["auditLog"]["edges"]
        assert [edge["node"] for edge in audit] == [
            {"outcome": outcome, "arguments": {"id": store.store_id}}
            for outcome in ("ACCEPTED", "REFUSED")
        ]
        for file in (path for path in service.folder.rglob("*") if path.is_file()):
            assert mac.encode() not in file.read_bytes(), file
