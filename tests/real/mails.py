"""The mail that shops have sent, as MailDev has kept it in the cluster."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from app.local import mail
from app.local.cluster import LocalCluster
from app.local.cluster.nodes.images import ensure_imported
from app.local.images.building import ensure_image


def ask(cluster: LocalCluster, host: str, path: str, body: object = None) -> bytes:
    """Ask the ingress as a browser would, which takes ``.localhost`` for this machine."""
    assert cluster.layout.node is not None
    asked = urllib.request.Request(
        f"{cluster.layout.node.ingress}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Host": host, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        content: bytes = answer.read()
    return content


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mail of all shops of a cluster with a real node."""

    cluster: LocalCluster

    def open(self) -> None:
        """Begin to keep mail."""
        assert self.cluster.layout.node is not None
        ensure_imported(self.cluster.layout.node, ensure_image(mail.recipe()))
        self.cluster.kubectl("apply", "--filename", str(mail.MANIFEST))
        status = ("rollout", "status", "deployment/maildev", "--namespace=mail")
        self.cluster.kubectl(*status, "--timeout=180s")

    def close(self) -> None:
        """Answer no shop any more, and lose what was kept."""
        deployment = ("deployment/maildev", "--namespace=mail")
        self.cluster.kubectl("scale", *deployment, "--replicas=0")

    def to(self, address: str) -> list[dict[str, Any]]:
        """Return the mails to an address, the oldest first."""
        mails = json.loads(ask(self.cluster, "mail.store.localhost", "/api/email"))
        return [item for item in mails if item["to"][0]["address"] == address]
