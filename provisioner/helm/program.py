"""Runs helm as a subprocess, with arguments and values on stdin, and explains its failures."""

import os
import re
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

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
    holding,
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
_SENTENCE = 600  # characters of helm's output that a message quotes: the end of it
_FOR_WANT_OF_MEMORY = ", most often because memory has run out"
_MANIFEST_BYTES = 1 << 22  # helm keeps a release in a Secret, which holds less
_MEND = "Mend what it names in the chart or its values"
_REACH = "See that helm reaches the API server as the platform itself does"


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


@dataclass(frozen=True, slots=True)
class Call:
    """What helm is asked to do, for messages.

    ``verb`` is a word for people. ``secrets`` are values that must be removed from helm's output.
    """

    verb: str
    release: str
    namespace: str = ""
    secrets: Sequence[str] = ()


class HelmProgram:
    """helm on this machine. ``doctor`` is asked why it failed, where there is one."""

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

    async def call(
        self, call: Call, arguments: Sequence[str], *, stdin: bytes = b"", keep: int = KEPT_BYTES
    ) -> str:
        """Run helm; return the last ``keep`` bytes of its output, which may have secrets in it.

        Raises HelmError, and TransientError where another try can help.
        """
        with self._measurements.measure(
            Activity.HELM, verb=arguments[0], release=call.release
        ) as measured:
            done = await self._run(call.release, arguments, stdin=stdin, keep=keep)
            if done.code != 0:
                measured.outcome = "FAILED" if done.code > 0 else "KILLED"
        if done.code != 0:
            raise await self._error(done, call)
        return done.output

    @asynccontextmanager
    async def kept_off(self, release: str) -> AsyncIterator[None]:
        """Have no helm work on a release meanwhile: one that still does is waited for, or ended.

        Raises MachineShortageError, and LeaseLostError when the fence has ended.
        """
        async with AsyncExitStack() as stack:
            try:
                lock, patience = self._lock(release), self._settings.grace_seconds
                await stack.enter_async_context(holding(lock, patience, self._fence))
            except MachineShortageError as error:
                raise _not_startable(error) from error
            yield

    async def version(self) -> str:
        """Return helm's version, such as ``v4.3.1``. Raises HelmError and MachineShortageError."""
        said = await self.call(
            Call("tell the version of", "helm"), ["version", "--template", "{{.Version}}"]
        )
        return said.strip()

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
        arguments = ["template", release, str(chart), *values_arguments(values_files)]
        for api in apis:
            arguments += ["--api-versions", api]
        stdin = msgspec.json.encode(values)
        return await self.call(
            Call("render", release), arguments, stdin=stdin, keep=_MANIFEST_BYTES
        )

    def _lock(self, release: str) -> Path:
        # One lock for each release: helms of different stores run side by side.
        return self._settings.state / "locks" / f"{release}.lock"

    async def _run(
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
                lock=self._lock(release),
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
            raise _not_startable(error) from error
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

    async def _error(self, done: Finished, call: Call) -> Exception:
        """Return why helm failed, as far as that can be told."""
        if done.code < 0:  # minus the signal's number
            why = _FOR_WANT_OF_MEMORY if -done.code == signal.SIGKILL else ""
            return HelmKilledError(f"helm was killed ({_signal_name(-done.code)}{why}).")
        said = scrub(done.errors or done.output, call.secrets).strip()
        # From the certain to the uncertain: what this machine lacks, then what the API server says
        # itself, and only then what helm's words let us guess.
        if lacking := told_shortage(said):
            return MachineShortageError(f"helm could not go on. {lacking}")
        if (trouble := await self._trouble(call)) is not None:
            return trouble
        if _CONNECTION_LOST.search(said):
            # The API server answers by now, or there is no doctor to ask it. So either it was away
            # for a moment, or only helm cannot reach it. This may pass, but not for ever.
            return PassingError(_failure(call, said, _REACH), output=tail(said))
        return HelmError(_failure(call, said, known_remedy(said) or _MEND), output=tail(said))

    async def _trouble(self, call: Call) -> TransientError | None:
        if self._doctor is None:
            return None
        return await self._doctor.trouble(
            call.namespace, call.release, is_removal=call.verb == "uninstall"
        )


def values_arguments(files: Sequence[Path]) -> list[str]:
    """Return the arguments for the values of these files, and over them those on stdin.

    On stdin, because other users of the machine can read command lines. Last, because helm lets
    later values win.
    """
    return [part for file in (*files, "-") for part in ("--values", str(file))]


def _not_startable(error: MachineShortageError) -> MachineShortageError:
    return MachineShortageError(f"helm cannot be started. {error}")


def _failure(call: Call, said: str, remedy: str) -> Reason:
    words = said[-_SENTENCE:].rstrip(".")
    message = f"helm could not {call.verb} release {call.release}: {words}. {remedy}"
    return Reason(ReasonCode.HELM_FAILED, f"{message}, then try again.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"
