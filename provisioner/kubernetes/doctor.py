"""Why helm failed, as the API server tells it.

helm's own words are made of several layers of libraries, and are the same for an API server that is
away and for a webhook that is. So the API server is asked: whether it is there, and, in dry runs,
whether it would do what helm asked of it. What it answers has a status code and a reason.
"""

from collections.abc import Awaitable
from contextlib import suppress

from provisioner.domain.errors import NotFoundError, TerminalError, TransientError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError
from provisioner.kubernetes.releases import ReleaseReader

_ANSWER_SECONDS = 65.0
"""The API server gives a webhook up to 30 s, and asks those that change an object first."""
_ALL = [("dryRun", "All")]


class ClusterDoctor:
    """Implements ``ports.Doctor``."""

    def __init__(self, api: KubeApi, releases: ReleaseReader) -> None:
        self._api = api
        self._releases = releases

    async def trouble(
        self, namespace: str, release: str, *, is_removal: bool
    ) -> TransientError | None:
        """See ``ports.Doctor``. A rejection is none of this: helm's own words tell it well."""
        try:
            await self._api.call("GET", "/readyz")
            await _allowing_rejection(self._record(namespace, release))
            for wanted in await self._releases.latest(namespace, release):
                await _allowing_rejection(self._change(namespace, wanted, is_removal=is_removal))
        except (TerminalError, NotFoundError):
            return None
        except TransientError as error:
            return error
        return None

    async def _record(self, namespace: str, release: str) -> None:
        """Have a Secret made like those in which helm keeps its records."""
        body = {"metadata": {"generateName": f"{release}-"}, "type": "helm.sh/release.v1"}
        await self._api.call(
            "POST",
            f"/api/v1/namespaces/{namespace}/secrets",
            query=_ALL,
            body=body,
            answer_seconds=_ANSWER_SECONDS,
        )

    async def _change(self, namespace: str, wanted: str, *, is_removal: bool) -> None:
        path = await self._releases.path(namespace, wanted)
        if is_removal:
            await self._api.call("DELETE", path, query=_ALL, answer_seconds=_ANSWER_SECONDS)
        else:
            await self._releases.apply(path, wanted, answer_seconds=_ANSWER_SECONDS)


async def _allowing_rejection(call: Awaitable[None]) -> None:
    """Await a call; that it was rejected, or that its object is not there, is no trouble here."""
    with suppress(TerminalError, NotFoundError, AlreadyExistsError):
        await call
