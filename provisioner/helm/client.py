"""Runs helm as a subprocess, with an argument list and values on stdin, and explains its failures.

helm is not asked to wait for workloads. Its ``--wait`` looks neither at a Deployment's pods nor at
image-pull errors (helm 4.2.4, pkg/kube/statuswait.go). Readiness is assessed from our own watches.

A helm that was killed leaves the release in a ``pending-*`` or ``uninstalling`` state, which is
also helm's lock. Such a release is repaired before an install. The lock file that each of our helms
holds (see ``process``) ensures that no other helm works on the release at that time.
"""

import os
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from provisioner.domain.cluster_rejections import known_remedy
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import (
    HelmError,
    HelmKilledError,
    MachineShortageError,
    PassingError,
    TransientError,
)
from provisioner.domain.fence import Fence
from provisioner.domain.instrumentation import Activity, Unmeasured
from provisioner.domain.ports import Doctor, Measurements
from provisioner.domain.redaction import scrub, tail
from provisioner.domain.shortage import told_shortage
from provisioner.domain.stores import Reason
from provisioner.helm.process import (
    KEPT_BYTES,
    Finished,
    ProgramMissingError,
    ProgramTimeoutError,
    run,
)

# helm's exit code is always 1 after a failure, so only its words tell one failure from another.
_CONNECTION_LOST = re.compile(
    r"(?i)cluster unreachable|connection refused|connection reset|i/o timeout|no route to host"
    r"|TLS handshake timeout|context deadline exceeded|etcdserver: |too many requests"
    r"|asked for the client to provide credentials"  # 401: a fault of the platform, not the store
    r"|server is currently unable|unexpected EOF|http2: client connection lost|apiserver not ready"
)
# What helm needs to reach the API server in a pod, or through a proxy, and to verify certificates.
_PASSED_ON = (
    "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
_NOT_FOUND = re.compile(r"(?i)release: not found")
_SENTENCE = 600  # characters of helm's output that a message quotes: the end of it
_FOR_WANT_OF_MEMORY = ", most often because memory has run out"


@dataclass(frozen=True, slots=True)
class HelmSettings:
    """How helm is run. Times are in seconds.

    ``program`` is helm's name or path. ``state`` is the folder of its caches and the lock files.
    ``kubeconfig`` has only the context that the API uses (see ``kubernetes.kubeconfig``). It is
    None in a pod, where helm itself reads the service account's token at each run.
    """

    program: str
    state: Path
    kubeconfig: Path | None = None
    timeout_seconds: float = 300.0
    grace_seconds: float = 10.0


class Revision(msgspec.Struct, frozen=True):
    """One revision of a release, with its state in helm's words, such as ``deployed``."""

    revision: int
    status: str


class HelmClient:
    """Runs helm, and finds out why it failed. Implements ``ports.Helm``."""

    def __init__(
        self,
        settings: HelmSettings,
        measurements: Measurements | None = None,
        fence: Fence | None = None,
        doctor: Doctor | None = None,
    ) -> None:
        self._settings = settings
        self._doctor = doctor
        self._measurements = measurements or Unmeasured()
        self._fence = fence or Fence()

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
        # Without the last of these, helm would keep the former values where it is given none.
        arguments = ["upgrade", release, str(chart), "--install", "--namespace", namespace, _OWNER]
        arguments.append("--reset-values")
        for file in values_files:
            arguments += ["--values", str(file)]
        # On stdin, because other users of the machine can read command lines. Last, because helm
        # lets later values win: the store's own values go over the operator's files.
        arguments += ["--values", "-"]
        done = await self._run(release, arguments, stdin=msgspec.json.encode(values))
        return await self._checked(done, _Call("install", release, namespace, secrets))

    async def restore(self, *, release: str, namespace: str, revision: int) -> str:
        """See ``ports.Helm``. Runs ``helm rollback`` to the given revision."""
        arguments = ["rollback", release, str(revision), "--namespace", namespace, _OWNER]
        done = await self._run(release, arguments)
        return await self._checked(done, _Call("restore", release, namespace))

    async def uninstall(self, *, release: str, namespace: str) -> str:
        """See ``ports.Helm``."""
        arguments = ["uninstall", release, "--namespace", namespace, "--ignore-not-found"]
        done = await self._run(release, arguments)
        return await self._checked(done, _Call("uninstall", release, namespace))

    async def history(self, *, release: str, namespace: str) -> list[Revision]:
        """Return the release's revisions, oldest first; an empty list when there is no release.

        A release's state is read from here too, because ``helm status`` prints the whole manifest
        with it. Raises as ``ports.Helm`` says, and HelmError when the output cannot be decoded.
        """
        arguments = ["history", release, "--namespace", namespace, *_LATEST]
        done = await self._run(release, arguments, keep=_HISTORY_BYTES)
        if done.code != 0 and _NOT_FOUND.search(done.errors):
            return []
        said = await self._checked(done, _Call("read", release, namespace))
        found = _decode(done.output, list[Revision])
        if found is None:
            message = f"helm's history of release {release} cannot be read: {said[-_SENTENCE:]}"
            raise HelmError(Reason(ReasonCode.HELM_FAILED, message), output=said)
        return found

    async def version(self) -> str:
        """Return helm's version, such as ``v4.3.1``. Raises HelmError and MachineShortageError."""
        done = await self._run("version", ["version", "--template", "{{.Version}}"])
        return await self._checked(done, _Call("tell the version of", "helm", ""))

    async def render(
        self,
        *,
        release: str,
        chart: Path,
        values: Mapping[str, object],
        values_files: Sequence[Path] = (),
        apis: Sequence[str] = (),
    ) -> str:
        """See ``ports.Helm``. Runs ``helm template``."""
        arguments = ["template", release, str(chart)]
        for file in values_files:
            arguments += ["--values", str(file)]
        arguments += ["--values", "-"]
        for api in apis:
            arguments += ["--api-versions", api]
        stdin = msgspec.json.encode(values)
        done = await self._run(release, arguments, stdin=stdin, keep=_MANIFEST_BYTES)
        await self._checked(done, _Call("render", release, ""))
        return done.output

    async def _repair(self, release: str, namespace: str) -> None:
        history = await self.history(release=release, namespace=namespace)
        state = history[-1].status if history else None
        # A first install has no revision to return to, and an uninstall can only be finished.
        if state in ("pending-install", "uninstalling"):
            await self.uninstall(release=release, namespace=namespace)
        elif state in ("pending-upgrade", "pending-rollback"):
            await self._roll_back(release, namespace, history)

    async def _roll_back(self, release: str, namespace: str, history: Sequence[Revision]) -> None:
        good = [item.revision for item in history if item.status in ("deployed", "superseded")]
        if not good:  # no revision was ever in force, so nothing is lost
            await self.uninstall(release=release, namespace=namespace)
            return
        await self.restore(release=release, namespace=namespace, revision=max(good))

    async def _run(
        self,
        release: str,
        arguments: Sequence[str],
        *,
        stdin: bytes = b"",
        keep: int = KEPT_BYTES,
    ) -> Finished:
        measure = self._measurements.measure
        with measure(Activity.HELM, verb=arguments[0], release=release) as measured:
            done = await self._run_unmeasured(release, arguments, stdin=stdin, keep=keep)
            # "release: not found" is how helm answers when asked for a history: no failure.
            if done.code != 0 and not _NOT_FOUND.search(done.errors):
                measured.outcome = "FAILED" if done.code > 0 else "KILLED"
            return done

    async def _run_unmeasured(
        self, release: str, arguments: Sequence[str], *, stdin: bytes, keep: int
    ) -> Finished:
        settings = self._settings
        command = [settings.program, *arguments]
        try:
            return await run(
                command,
                stdin=stdin,
                environment=self._environment(),
                timeout_seconds=settings.timeout_seconds,
                grace_seconds=settings.grace_seconds,
                # One lock for each release: helms of different stores run side by side.
                lock=settings.state / "locks" / f"{release}.lock",
                keep=keep,
                fence=self._fence,
            )
        except ProgramTimeoutError as error:
            raise HelmError(
                Reason(
                    ReasonCode.HELM_TIMEOUT,
                    f"helm did not finish within {settings.timeout_seconds:g} s and was ended."
                    " See whether the API server is slow, or raise"
                    " STORE_PLATFORM_HELM_TIMEOUT_SECONDS, then retry the store.",
                )
            ) from error
        except MachineShortageError as error:
            raise MachineShortageError(f"helm cannot be started. {error}") from error
        except ProgramMissingError as error:
            raise HelmError(
                Reason(
                    ReasonCode.HELM_MISSING,
                    f"helm could not be started: {settings.program}: {error}. Install"
                    " helm 4 or set STORE_PLATFORM_HELM to its path, then retry the store.",
                )
            ) from error

    def _environment(self) -> dict[str, str]:
        """Return helm's whole environment: private folders, and only variables that it needs."""
        settings = self._settings
        home = settings.state / "home"
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "HELM_CACHE_HOME": str(home / "cache"),
            "HELM_CONFIG_HOME": str(home / "config"),
            "HELM_DATA_HOME": str(home / "data"),
            "KUBECACHEDIR": str(home / "kube"),
        }
        environment |= {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        if settings.kubeconfig is not None:
            environment["KUBECONFIG"] = str(settings.kubeconfig)
            # The kubeconfig may name a credential plug-in, which has its files in the user's home.
            environment["HOME"] = os.environ.get("HOME", str(home))
        return environment

    async def _checked(self, done: Finished, call: "_Call") -> str:
        if done.code == 0:
            return tail(scrub(done.output, call.secrets))
        if done.code < 0:  # minus the signal's number
            why = _FOR_WANT_OF_MEMORY if -done.code == signal.SIGKILL else ""
            raise HelmKilledError(f"helm was killed ({_signal_name(-done.code)}{why}).")
        said = scrub(done.errors or done.output, call.secrets).strip()
        # From the certain to the uncertain: what this machine lacks, then what the API server says
        # itself, and only then what helm's words let us guess.
        if lacking := told_shortage(said):
            raise MachineShortageError(f"helm could not go on. {lacking}")
        if (trouble := await self._trouble(call)) is not None:
            raise trouble
        if _CONNECTION_LOST.search(said):
            # The API server answers by now, or there is no doctor to ask it. So either it was away
            # for a moment, or only helm cannot reach it. This may pass, but not for ever.
            raise PassingError(_failure(call, said, _REACH), output=tail(said))
        remedy = known_remedy(said) or _MEND
        raise HelmError(_failure(call, said, remedy), output=tail(said))

    async def _trouble(self, call: "_Call") -> TransientError | None:
        if self._doctor is None:
            return None
        return await self._doctor.trouble(
            call.namespace, call.release, is_removal=call.verb == "uninstall"
        )


@dataclass(frozen=True, slots=True)
class _Call:
    """What helm was asked to do, for messages.

    ``verb`` is a word for people. ``secrets`` are values that must be removed from helm's output.
    """

    verb: str
    release: str
    namespace: str
    secrets: Sequence[str] = ()


def _failure(call: _Call, said: str, remedy: str) -> Reason:
    words = said[-_SENTENCE:].rstrip(".")
    message = f"helm could not {call.verb} release {call.release}: {words}. {remedy}"
    return Reason(ReasonCode.HELM_FAILED, f"{message}, then try again.")


_MEND = "Mend what it names in the chart or its values"
_REACH = "See that helm reaches the API server as the platform itself does"
_LATEST = ("--max", "10", "--output", "json")
_HISTORY_BYTES = 1 << 20  # more than is kept otherwise: revisions contain long error messages
_MANIFEST_BYTES = 1 << 22  # helm keeps a release in a Secret, which holds less
# helm applies on the server's side. Without this it fails if somebody has changed one of its fields
# by hand, instead of setting the field back.
_OWNER = "--force-conflicts"
T = TypeVar("T")


def _decode(text: str, kind: type[T]) -> T | None:
    """Return helm's JSON decoded, or None if there is none.

    helm may print warnings before it, so each line that begins like JSON is tried.
    """
    for line in re.finditer(r"^(?=[\[{])", text, re.MULTILINE):
        with suppress(msgspec.MsgspecError):
            return msgspec.json.decode(text[line.start() :], type=kind)
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"
