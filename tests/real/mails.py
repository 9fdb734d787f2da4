"""The mail that shops have sent, as MailDev has kept it in the cluster."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from app.local import mail
from app.local.cluster import LocalCluster
from app.local.cluster.nodes.images import ensure_imported
from app.local.images.building import ensure_image


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mail of all shops of a cluster with a real node."""

    cluster: LocalCluster

    def open(self) -> None:
        """Begin to keep mail."""
        assert self.cluster.layout.node is not None
        ensure_imported(self.cluster.layout.node, ensure_image(mail.recipe()))
        self.cluster.kubectl("apply", "--filename", str(mail.MANIFEST))
        self._await_pod()

    def close(self) -> None:
        """Answer no shop any more, and lose what was kept."""
        self._scale(0)

    def reopen(self) -> None:
        self._scale(1)
        self._await_pod()

    def to(self, address: str) -> list[dict[str, Any]]:
        """Return the mails to an address, the oldest first."""
        assert self.cluster.layout.node is not None
        asked = urllib.request.Request(  # noqa: S310 - the ingress of the test's own cluster
            f"{self.cluster.layout.node.ingress}/api/email",
            headers={"Host": "mail.store.localhost"},
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            mails = json.load(answer)
        return [item for item in mails if item["to"][0]["address"] == address]

    def _scale(self, replicas: int) -> None:
        deployment = ("deployment/maildev", "--namespace=mail")
        self.cluster.kubectl("scale", *deployment, f"--replicas={replicas}")

    def _await_pod(self) -> None:
        status = ("rollout", "status", "deployment/maildev", "--namespace=mail")
        self.cluster.kubectl(*status, "--timeout=180s")
