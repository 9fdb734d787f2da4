"""helm as a subprocess: an argument list, values on stdin, and its failures put into words.

helm is not asked to wait for workloads: its ``--wait`` looks neither at a Deployment's pods nor at
image-pull errors (helm 4.2.4, pkg/kube/statuswait.go). Readiness is assessed from our own watches.

A helm that was killed leaves the release in a ``pending-*`` or ``uninstalling`` state, which is
also helm's lock. Those are repaired by rule before an install; the lock file that every helm of
ours holds (see ``process``) makes sure that no other helm is at work on the release then.
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

_CONNECTION_LOST = re.compile(
    r"(?i)cluster unreachable|connection refused|connection reset|i/o timeout|no route to host"
    r"|TLS handshake timeout|context deadline exceeded|etcdserver: |too many requests"
    r"|asked for the client to provide credentials"  # 401: the platform's fault, not the store's
    r"|server is currently unable|unexpected EOF|http2: client connection lost|apiserver not ready"
)
_PASSED_ON = (
    "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
_NOT_FOUND = re.compile(r"(?i)release: not found")
_SENTENCE = 600
_FOR_WANT_OF_MEMORY = ", most often because memory has run out"


@dataclass(frozen=True, slots=True)
class HelmSettings:
    """How helm is run. Times in seconds; ``state`` holds its caches and the lock files.

    ``kubeconfig`` has one context only, that of the API (see ``kubeconfig``); None in a pod, where
    helm reads the service account's token itself, at each run.
    """

    program: str
    state: Path
    kubeconfig: Path | None = None
    timeout_seconds: float = 300.0
    grace_seconds: float = 10.0


class Revision(msgspec.Struct, frozen=True):
    """One revision of a release, and its state in helm's word, such as ``deployed``."""

    revision: int
    status: str


class HelmClient:
    """Runs helm. Implements ``ports.Helm``."""

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
        """See ``ports.Helm``: ``helm upgrade --install`` after any repair."""
        await self._repair(release, namespace)
        arguments = ["upgrade", release, str(chart), "--install", "--namespace", namespace, _OWNER]
        for file in values_files:
            arguments += ["--values", str(file)]
        arguments += ["--values", "-"]
        done = await self._run(release, arguments, stdin=msgspec.json.encode(values))
        return await self._checked(done, _Call("install", release, namespace, secrets))

    async def restore(self, *, release: str, namespace: str, revision: int) -> str:
        """See ``ports.Helm``: ``helm rollback`` to what the release is, or was last."""
        arguments = ["rollback", release, str(revision), "--namespace", namespace, _OWNER]
        done = await self._run(release, arguments)
        return await self._checked(done, _Call("restore", release, namespace))

    async def uninstall(self, *, release: str, namespace: str) -> str:
        """See ``ports.Helm``."""
        arguments = ["uninstall", release, "--namespace", namespace, "--ignore-not-found"]
        done = await self._run(release, arguments)
        return await self._checked(done, _Call("uninstall", release, namespace))

    async def history(self, *, release: str, namespace: str) -> list[Revision]:
        """Return the release's revisions, oldest first; none when there is no release.

        This is also how a release's state is read: ``status`` prints the whole manifest with it.
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

    async def _repair(self, release: str, namespace: str) -> None:
        history = await self.history(release=release, namespace=namespace)
        state = history[-1].status if history else None
        if state in ("pending-install", "uninstalling"):
            await self.uninstall(release=release, namespace=namespace)
        elif state in ("pending-upgrade", "pending-rollback"):
            await self._roll_back(release, namespace, history)

    async def _roll_back(self, release: str, namespace: str, history: Sequence[Revision]) -> None:
        good = [item.revision for item in history if item.status in ("deployed", "superseded")]
        if not good:
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
        """Return helm's whole environment: private homes, and nothing that it has no need of."""
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
            # A credential plug-in that it names has its files at home.
            environment["HOME"] = os.environ.get("HOME", str(home))
        return environment

    async def _checked(self, done: Finished, call: "_Call") -> str:
        if done.code == 0:
            return tail(scrub(done.output, call.secrets))
        if done.code < 0:
            why = _FOR_WANT_OF_MEMORY if -done.code == signal.SIGKILL else ""
            raise HelmKilledError(f"helm was killed ({_signal_name(-done.code)}{why}).")
        said = scrub(done.errors or done.output, call.secrets).strip()
        if lacking := told_shortage(said):
            raise MachineShortageError(f"helm could not go on. {lacking}")
        if (trouble := await self._trouble(call)) is not None:
            raise trouble
        if _CONNECTION_LOST.search(said):
            # The API server finds no fault by now, so it was away for a moment, or that is not it.
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
    """What helm was asked to do, in a word for people, and what it must not be quoted with."""

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
_HISTORY_BYTES = 1 << 20  # each revision holds what it failed of, at length
_OWNER = "--force-conflicts"  # over whoever changed a field of ours by hand, else helm gives up
T = TypeVar("T")


def _decode(text: str, kind: type[T]) -> T | None:
    """Decode helm's JSON, which may come after warnings: it begins at the start of a line."""
    for line in re.finditer(r"^(?=[\[{])", text, re.MULTILINE):
        with suppress(msgspec.MsgspecError):
            return msgspec.json.decode(text[line.start() :], type=kind)
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"
