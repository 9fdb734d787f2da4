"""Installs, restores and removes releases by helm.

helm is not asked to wait for workloads. Its ``--wait`` looks neither at a Deployment's pods nor at
image-pull errors (helm 4.2.4, pkg/kube/statuswait.go). Readiness is assessed from our own watches.

A helm that was killed leaves the release in a ``pending-*`` or ``uninstalling`` state, which is
also helm's lock. Such a release is repaired before an install. The lock file that each of our helms
holds (see ``process``) ensures that no other helm works on the release at that time.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from provisioner.domain.redaction import scrub, tail
from provisioner.helm.program import Call, HelmProgram, values_arguments

# helm applies on the server's side. Without this it fails if somebody has changed one of its fields
# by hand, instead of setting the field back.
_OWNER = "--force-conflicts"


class HelmClient:
    """Changes releases. Implements ``ports.Helm``.

    ``states`` is ``ports.Releases.states``. ``helm history`` tells the same, but as a process of
    its own before each install.
    """

    def __init__(
        self,
        program: HelmProgram,
        states: Callable[[str, str], Awaitable[Mapping[int, str]]],
    ) -> None:
        self._program = program
        self._states = states
        self.render = program.render

    async def install(
        self,
        *,
        release: str,
        namespace: str,
        chart: Path,
        values: Mapping[str, object],
        values_files: Sequence[Path] = (),
        secrets: Sequence[str] = (),
    ) -> str:
        """See ``ports.Helm``. Repairs a broken release, then runs ``helm upgrade --install``."""
        await self._repair(release, namespace)
        arguments = ["upgrade", release, str(chart), "--install", "--namespace", namespace, _OWNER]
        # Without this, helm would keep the former values where it is given none.
        arguments.append("--reset-values")
        # The store's own values go over the operator's files.
        arguments += values_arguments(values_files)
        call = Call("install", release, namespace, secrets)
        return await self._told(call, arguments, stdin=msgspec.json.encode(values))

    async def restore(self, *, release: str, namespace: str, revision: int) -> str:
        """See ``ports.Helm``. Runs ``helm rollback`` to the given revision."""
        arguments = ["rollback", release, str(revision), "--namespace", namespace, _OWNER]
        return await self._told(Call("restore", release, namespace), arguments)

    async def uninstall(self, *, release: str, namespace: str) -> str:
        """See ``ports.Helm``."""
        arguments = ["uninstall", release, "--namespace", namespace, "--ignore-not-found"]
        return await self._told(Call("uninstall", release, namespace), arguments)

    async def _told(self, call: Call, arguments: Sequence[str], *, stdin: bytes = b"") -> str:
        return tail(scrub(await self._program.call(call, arguments, stdin=stdin), call.secrets))

    async def _repair(self, release: str, namespace: str) -> None:
        async with self._program.kept_off(release):
            states = await self._states(namespace, release)
        state = states[max(states)] if states else None
        # A first install has no revision to return to, and an uninstall can only be finished.
        if state in ("pending-install", "uninstalling"):
            await self.uninstall(release=release, namespace=namespace)
        elif state in ("pending-upgrade", "pending-rollback"):
            await self._roll_back(release, namespace, states)

    async def _roll_back(self, release: str, namespace: str, states: Mapping[int, str]) -> None:
        good = [number for number, state in states.items() if state in ("deployed", "superseded")]
        if not good:  # no revision was ever in force, so nothing is lost
            await self.uninstall(release=release, namespace=namespace)
            return
        await self.restore(release=release, namespace=namespace, revision=max(good))
