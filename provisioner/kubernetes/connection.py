"""Keeps the client of kubernetes-asyncio (see ``client``) supplied with current credentials.

Credentials change while the service runs: a pod's token about once an hour, the result of a
kubeconfig's ``tokenFile`` or ``exec`` plug-in at any time. The library reads those two only once
(kubernetes_asyncio 36.1, config/kube_config.py). So the whole configuration is read again after
each 401, and if the credentials differ, the request is sent once more. A pod's token is also read
again every minute, because the API server counts how often a replaced token is still used.

Any reading may hang, the first one too: a plug-in waits for input, or a file is on a server that
does not answer. A request waits for it no longer than for an answer of the API server (see
``readings``).
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from provisioner.domain.errors import ClusterUnreachableError, ConfigurationError
from provisioner.kubernetes.client import client
from provisioner.kubernetes.configuration import BEARER, ConfigurationSource, Loaded
from provisioner.kubernetes.readings import Readings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API server is and who we are, with the contents of all files: can be compared.

    ``rest`` is everything but the token. If only the token changes, connections stay open.
    """

    # Both contain secrets, which must not get into a log through ``repr``.
    token: str = field(repr=False)
    rest: tuple[object, ...] = field(repr=False)

    @classmethod
    def of(cls, settings: client.Configuration) -> "Access":
        # The contents count, not the names: a certificate may be renewed under the same name.
        files = (settings.ssl_ca_cert, settings.cert_file, settings.key_file)
        contents = tuple(Path(file).read_bytes() if file else b"" for file in files)
        where = (settings.host, settings.proxy, settings.tls_server_name, settings.verify_ssl)
        return cls(token=settings.api_key.get(BEARER, ""), rest=(*contents, *where))


class Connection:
    """Holds the client for one API server, and replaces it when the configuration has changed.

    ``client`` and ``access`` are always the current ones. Callers wait ``reading_seconds`` for the
    first reading of the configuration, and ``answer_seconds`` for each later one.
    """

    def __init__(
        self,
        source: ConfigurationSource,
        *,
        name: str,
        reading_seconds: float,
        answer_seconds: float,
    ) -> None:
        self._source = source
        self._name = name
        self._reading_seconds = reading_seconds
        self._answer_seconds = answer_seconds
        self._readings = Readings(self._read, what=name, timeout_seconds=answer_seconds)
        # An empty configuration stands in until the first reading, and is never used to send.
        self._is_read = False
        self._loaded = Loaded(client.Configuration())
        self.access = Access.of(self._loaded.settings)
        self.client = client.ApiClient(self._loaded.settings)
        self._accepted: client.ApiClient | None = None
        self._read_at = time.monotonic()
        self._renewing = asyncio.Lock()

    @property
    def is_due(self) -> bool:
        """Whether the configuration is so old that it is read again even if it still works."""
        return time.monotonic() > self._read_at + self._source.reread_seconds

    @property
    def is_accepted(self) -> bool:
        """Whether the current client is known to lead to the right cluster."""
        # Compared by identity, so that a new client is not accepted until it has been asked.
        return self._accepted is self.client

    def accept(self) -> None:
        """Keep to the current configuration: it leads to the right cluster.

        Raises ClusterUnreachableError when helm's kubeconfig cannot be written.
        """
        self._source.accept(self._loaded)
        self._accepted = self.client

    def doubt(self) -> None:
        """Forget that the client leads to the right cluster."""
        self._accepted = None

    async def close(self) -> None:
        await self._readings.close()
        await self.client.close()

    async def read_first(self) -> None:
        """Read the configuration, unless it has been read before.

        Raises ConfigurationError when it cannot be used, and ClusterUnreachableError when it could
        not be read in time.
        """
        if self._is_read:
            return
        try:
            loaded, found = await self._readings.within(self._reading_seconds)
            if not self._is_read:  # another request may have waited for the same reading
                await self._use(loaded, found)
        except ClusterUnreachableError:
            raise
        except Exception as error:  # on a wrong file the library raises KeyError, TypeError, …
            words = (str(error) or type(error).__name__).removesuffix(".")
            raise ConfigurationError(
                f"The {self._name} cannot be used: {words}.",
                "Set STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use.",
            ) from error

    async def renew(self, used: Access) -> bool:
        """Read the configuration again; return whether it differs from what a request ``used``.

        If it cannot be read, log the reason, keep the current one and return False.
        """
        # All requests are refused at about the same time. The lock lets the first one read; the
        # others then find that ``access`` has changed, and do not read once more.
        async with self._renewing:
            if self.access != used:
                return True
            try:
                loaded, found = await self._readings.within(self._answer_seconds)
                if used.token and not found.token:  # a file may be read while it is being written
                    raise ConfigurationError("There is no token.")  # noqa: TRY301 - as any other
            except Exception as error:  # noqa: BLE001 - any, as in ``read_first``
                _log.warning(
                    "cluster_credentials_unreadable", reason=str(error) or type(error).__name__
                )
                return False
            await self._use(loaded, found)
            if found != used:
                _log.info("cluster_credentials_renewed")
            return found != used

    async def _use(self, loaded: Loaded, found: Access) -> None:
        """Send all further requests with a configuration that was read."""
        old = None
        if found.rest != self.access.rest or not self._is_read:
            # Closing the old client ends the watches on its connections. They resume from their
            # last version. The new client is not accepted before its cluster is recognised.
            old, self.client = self.client, client.ApiClient(loaded.settings)
        self.client.configuration.api_key = loaded.settings.api_key
        self._loaded, self.access = loaded, found
        self._is_read, self._read_at = True, time.monotonic()
        if old is not None:
            await old.close()
        elif self.is_accepted:
            self.accept()  # so that helm's kubeconfig gets the new token too

    async def _read(self) -> tuple[Loaded, Access]:
        loaded = await self._source.load()
        return loaded, Access.of(loaded.settings)
