"""Where the client's configuration comes from: the pod's service account, or a kubeconfig.

Read with kubernetes-asyncio (see ``client``), and read anew by ``KubeApi`` when credentials
are refused. What leads to the right cluster is accepted: from then on nothing else is chosen, and
helm is given the same.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provisioner.domain.errors import ClusterUnreachableError
from provisioner.kubernetes.client import client, config
from provisioner.kubernetes.kubeconfig import Kubeconfig, read_kubeconfig

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token and the API server's authority."""

BEARER = "BearerToken"
"""What the library calls the token."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read: the library's settings, and the part of a kubeconfig that they come from."""

    settings: client.Configuration
    kubeconfig: Kubeconfig | None = None


class ConfigurationSource(Protocol):
    """Where the configuration is read."""

    reread_seconds: float
    """The age at which it is read anew without a reason."""

    async def load(self) -> Loaded:
        """Read it."""
        ...

    def accept(self, loaded: Loaded) -> None:
        """Keep to this: it leads to the right cluster."""
        ...


class ServiceAccountSource:
    """The pod's own, which helm finds by itself."""

    def __init__(self, folder: Path, reread_seconds: float) -> None:
        self.reread_seconds = reread_seconds
        self._folder = folder

    async def load(self) -> Loaded:
        return Loaded(_pod_configuration(self._folder))

    def accept(self, loaded: Loaded) -> None:
        """Nothing can be chosen here."""


class KubeconfigSource:
    """A context of a kubeconfig. Once accepted it is kept to, whatever is current later.

    What is accepted is written to ``shared``, the kubeconfig that helm is given.
    """

    reread_seconds = float("inf")

    def __init__(self, kubeconfig: Path | None, context: str | None, shared: Path | None) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._shared = shared
        self._accepted: Kubeconfig | None = None

    async def load(self) -> Loaded:
        found = read_kubeconfig(self._kubeconfig, self._context)
        settings = client.Configuration()
        await config.load_kube_config_from_dict(dict(found.document), client_configuration=settings)
        return Loaded(_tidy(settings), found)

    def accept(self, loaded: Loaded) -> None:
        found = loaded.kubeconfig
        if found is None or found == self._accepted:
            return
        if self._shared is not None:
            try:
                found.write(self._shared)
            except OSError as error:
                raise ClusterUnreachableError(
                    f"helm's kubeconfig cannot be written: {self._shared}: {error.strerror}."
                ) from error
        self._context, self._accepted = found.context, found


def is_in_cluster(service_account: Path = SERVICE_ACCOUNT) -> bool:
    """Whether this process runs in a pod that has a service account."""
    return (service_account / "token").exists()


def _pod_configuration(service_account: Path) -> client.Configuration:
    settings = client.Configuration()
    config.load_incluster_config(  # type: ignore[no-untyped-call]
        client_configuration=settings,
        try_refresh_token=False,  # its hook raises from within a request; we read it ourselves
        token_filename=str(service_account / "token"),
        cert_filename=str(service_account / "ca.crt"),
    )
    return _tidy(settings)


def _tidy(settings: client.Configuration) -> client.Configuration:
    """Strip the token: a file often ends with a line end, which no header may have."""
    if BEARER in settings.api_key:
        settings.api_key[BEARER] = settings.api_key[BEARER].strip()
    return settings
