"""Asks the API server why helm failed.

helm's error messages come from several layers of libraries. They are the same whether the API
server does not answer or only an admission webhook. So the API server itself is asked whether it
answers and, in dry runs, whether it would do what helm wanted. Its answers have a status code and a
reason.
"""

from collections.abc import Awaitable
from contextlib import suppress

from provisioner.domain.errors import NotFoundError, TerminalError, TransientError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError
from provisioner.kubernetes.releases import ReleaseReader

_ANSWER_SECONDS = 65.0
"""The API server waits up to 30 s for the webhooks that change an object, then as long for those
that only validate it."""
_ALL = [("dryRun", "All")]


class ClusterDoctor:
    """Implements ``ports.Doctor``."""

    def __init__(self, api: KubeApi, releases: ReleaseReader) -> None:
        self._api = api
        self._releases = releases

    async def trouble(
        self, namespace: str, release: str, *, is_removal: bool
    ) -> TransientError | None:
        """See ``ports.Doctor``. A rejection is not trouble: helm's own message explains it well."""
        try:
            # From the general to the special: does the API server answer at all, can helm write its
            # own records, can each object of the release be changed? The first trouble is the one.
            await self._api.call("GET", "/readyz")
            await _allowing_rejection(self._record(namespace, release))
            for wanted in await self._releases.latest(namespace, release):
                await _allowing_rejection(self._change(namespace, wanted, is_removal=is_removal))
        except (TerminalError, NotFoundError):  # the question was rejected: then nothing is known
            return None
        except TransientError as error:
            return error
        return None

    async def _record(self, namespace: str, release: str) -> None:
        """Create, in a dry run, a Secret like those in which helm keeps its records."""
        body = {"metadata": {"generateName": f"{release}-"}, "type": "helm.sh/release.v1"}
        await self._api.call(
            "POST",
            f"/api/v1/namespaces/{namespace}/secrets",
            query=_ALL,
            body=body,
            answer_seconds=_ANSWER_SECONDS,
        )

    async def _change(self, namespace: str, wanted: str, *, is_removal: bool) -> None:
        # Webhooks may be set for some operations only, so the dry run does what helm did.
        path = await self._releases.path(namespace, wanted)
        if is_removal:
            await self._api.call("DELETE", path, query=_ALL, answer_seconds=_ANSWER_SECONDS)
        else:
            await self._releases.apply(path, wanted, answer_seconds=_ANSWER_SECONDS)


async def _allowing_rejection(call: Awaitable[None]) -> None:
    """Await a call; ignore that it was rejected, or that its object does not exist."""
    with suppress(TerminalError, NotFoundError, AlreadyExistsError):
        await call
