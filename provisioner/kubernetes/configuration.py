"""Reads the client's configuration, from the pod's service account or from a kubeconfig.

kubernetes-asyncio does the reading (see ``client``). ``connection`` reads again when the API server
does not accept the credentials. A configuration that leads to the right cluster is *accepted*. From
then on no other context is chosen, and helm is given the same one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provisioner.domain.errors import ClusterUnreachableError
from provisioner.kubernetes.client import client, config
from provisioner.kubernetes.kubeconfig import Kubeconfig, read_kubeconfig

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token and the certificate authority of the API server."""

BEARER = "BearerToken"
"""The library's name for the token, in ``Configuration.api_key`` and ``auth_settings``."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that was read: the library's settings, and the kubeconfig they come from.

    ``kubeconfig`` is None for a pod's service account.
    """

    settings: client.Configuration
    kubeconfig: Kubeconfig | None = None


class ConfigurationSource(Protocol):
    """A place from which the configuration can be read any number of times."""

    reread_seconds: float
    """The age, in seconds, at which a configuration is read again even if it still works."""

    async def load(self) -> Loaded:
        """Read the configuration. Raises whatever the library does on a file that is wrong."""
        ...

    def accept(self, loaded: Loaded) -> None:
        """Keep to this configuration from now on: it leads to the right cluster."""
        ...


class ServiceAccountSource:
    """The service account of the pod that this process runs in. helm finds it by itself."""

    def __init__(self, folder: Path, reread_seconds: float) -> None:
        self.reread_seconds = reread_seconds
        self._folder = folder

    async def load(self) -> Loaded:
        return Loaded(_pod_configuration(self._folder))

    def accept(self, loaded: Loaded) -> None:
        """Do nothing: a pod has only one service account."""


class KubeconfigSource:
    """One context of a kubeconfig.

    Once a context is accepted, it stays chosen, even if the file's current context is switched.
    It is then written to ``shared``, the kubeconfig that helm is given.
    """

    reread_seconds = float("inf")  # read again only after a 401 (see ``connection``)

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
        if found is None or found == self._accepted:  # nothing to write that helm has not already
            return
        if self._shared is not None:
            try:
                found.write(self._shared)
            except OSError as error:
                raise ClusterUnreachableError(
                    f"helm's kubeconfig cannot be written: {self._shared}: {error.strerror}."
                ) from error
        # Only after the file is written: if writing fails, the next request tries again.
        self._context, self._accepted = found.context, found


def is_in_cluster(service_account: Path = SERVICE_ACCOUNT) -> bool:
    """Return whether this process runs in a pod that has a service account."""
    return (service_account / "token").exists()


def _pod_configuration(service_account: Path) -> client.Configuration:
    settings = client.Configuration()
    config.load_incluster_config(  # type: ignore[no-untyped-call]
        client_configuration=settings,
        # The library's own refresh can raise in the middle of a request. ``connection`` does it.
        try_refresh_token=False,
        token_filename=str(service_account / "token"),
        cert_filename=str(service_account / "ca.crt"),
    )
    return _tidy(settings)


def _tidy(settings: client.Configuration) -> client.Configuration:
    """Strip the token: its file often ends with a line end, which a header must not contain."""
    if BEARER in settings.api_key:
        settings.api_key[BEARER] = settings.api_key[BEARER].strip()
    return settings
