"""The client of kubernetes-asyncio (see ``client``) with the credentials of now.

Credentials change while the service runs: the pod's token about once an hour, what a kubeconfig's
``tokenFile`` or ``exec`` plugin gives when it likes. The library reads the latter two once and not
again (kubernetes_asyncio 36.1, config/kube_config.py). So here the whole configuration is read anew
after each 401, and the request is sent once more if that brought other credentials. The pod's token
is also read anew every minute: the API server counts the use of one that was replaced.

Each reading may hang, the first one too: a plugin waits for somebody, a file is on a server that is
away. Nobody waits for it longer than for an answer of the API server (see ``readings``).
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
    """What a configuration says of where the API server is and who we are, files read."""

    token: str = field(repr=False)
    rest: tuple[object, ...] = field(repr=False)

    @classmethod
    def of(cls, settings: client.Configuration) -> "Access":
        files = (settings.ssl_ca_cert, settings.cert_file, settings.key_file)
        contents = tuple(Path(file).read_bytes() if file else b"" for file in files)
        where = (settings.host, settings.proxy, settings.tls_server_name, settings.verify_ssl)
        return cls(token=settings.api_key.get(BEARER, ""), rest=(*contents, *where))


class Connection:
    """One API server's client, renewed whenever its configuration has changed.

    ``client`` and ``access`` are those of now. ``reading_seconds`` is how long the first reading is
    waited for, ``answer_seconds`` how long each later one.
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
        # Until the first reading there is nothing to send a request with.
        self._is_read = False
        self._loaded = Loaded(client.Configuration())
        self.access = Access.of(self._loaded.settings)
        self.client = client.ApiClient(self._loaded.settings)
        self._accepted: client.ApiClient | None = None
        self._read_at = time.monotonic()
        self._renewing = asyncio.Lock()

    @property
    def is_due(self) -> bool:
        """Whether the configuration is old enough to be read anew without a reason."""
        return time.monotonic() > self._read_at + self._source.reread_seconds

    @property
    def is_accepted(self) -> bool:
        """Whether the client of now is known to lead to the right cluster."""
        return self._accepted is self.client

    def accept(self) -> None:
        """Keep to this configuration: it leads to the right cluster."""
        self._source.accept(self._loaded)
        self._accepted = self.client

    def doubt(self) -> None:
        """Forget that the client leads to the right cluster."""
        self._accepted = None

    async def close(self) -> None:
        await self._readings.close()
        await self.client.close()

    async def read_first(self) -> None:
        """Make sure that there has been a reading.

        Raises ConfigurationError when what is there cannot be used, ClusterUnreachableError when
        nothing comes.
        """
        if self._is_read:
            return
        try:
            loaded, found = await self._readings.within(self._reading_seconds)
            if not self._is_read:  # else another request has been told of it before
                await self._use(loaded, found)
        except ClusterUnreachableError:
            raise
        except Exception as error:  # the library raises whatever a wrong file makes it trip over
            raise ConfigurationError(
                f"The {self._name} cannot be used: {str(error) or type(error).__name__}. Set"
                " STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use."
            ) from error

    async def renew(self, used: Access) -> bool:
        """Read the credentials anew; return whether there are others than those that were used."""
        async with self._renewing:
            if self.access != used:  # another request has found them meanwhile
                return True
            try:
                loaded, found = await self._readings.within(self._answer_seconds)
                if used.token and not found.token:
                    raise ConfigurationError("There is no token.")  # noqa: TRY301 - as any other
            except Exception as error:  # noqa: BLE001 - see ``read_first``; it may be half written
                _log.warning(
                    "cluster_credentials_unreadable", reason=str(error) or type(error).__name__
                )
                return False
            await self._use(loaded, found)
            if found != used:
                _log.info("cluster_credentials_renewed")
            return found != used

    async def _use(self, loaded: Loaded, found: Access) -> None:
        """Send what follows with what was read."""
        old = None
        if found.rest != self.access.rest or not self._is_read:
            # Watches on the old connections end, and go on from their last version.
            old, self.client = self.client, client.ApiClient(loaded.settings)
        self.client.configuration.api_key = loaded.settings.api_key
        self._loaded, self.access = loaded, found
        self._is_read, self._read_at = True, time.monotonic()
        if old is not None:
            await old.close()
        elif self.is_accepted:
            self.accept()

    async def _read(self) -> tuple[Loaded, Access]:
        loaded = await self._source.load()
        return loaded, Access.of(loaded.settings)
