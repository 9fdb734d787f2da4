"""All errors that the domain raises, as one tree.

    StorePlatformError
    ├── RefusedError              the request is wrong; names the field and the remedy
    ├── NotFoundError             there is no such store, or the caller may not see it
    ├── ConflictError             a guarded update found another status; the caller reads again
    ├── ConfigurationError        the service cannot start with these settings or files
    ├── LeaseLostError            another replica works on stores now, so this one must stop
    ├── TransientError            a later try may succeed
    │   ├── ClusterUnreachableError
    │   │   └── OtherClusterError   this is not the cluster that the stores live in
    │   ├── DatabaseUnavailableError
    │   ├── HelmKilledError
    │   ├── MachineShortageError  this machine lacks something for now, such as disk space
    │   ├── ServiceUnreachableError  nobody connects to a shop's Service from where we run
    │   ├── PassingError          mostly passes soon; fails the store after a grace period
    │   │   └── AdmissionWebhookError  the API server got no answer from a webhook
    │   └── UnforeseenError       a fault of ours, with an id; retried a few times only
    └── TerminalError             another try would end the same way: the store fails
        ├── ClusterRejectedError  the API server understood the request and rejected it
        ├── HelmError             helm is missing, failed, or took too long
        └── StoreFailedError      the store's pods or objects can never become ready

Errors of libraries are wrapped once, at the edge where they appear (``raise … from``).
"""

from dataclasses import dataclass

from provisioner.domain.codes import ReasonCode, RefusalCode
from provisioner.domain.stores import Reason


class StorePlatformError(Exception):
    """Base of all errors of the domain."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong with a request.

    ``code`` is stable and meant for programs. ``message`` is meant for people and names the remedy.
    ``field`` is the input field in GraphQL spelling, or None when no single field is wrong.
    """

    code: RefusalCode
    message: str
    field: str | None = None


class RefusedError(StorePlatformError):
    """A request was refused, and nothing was changed."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(refusal.message for refusal in refusals))
        self.refusals = refusals


class NotFoundError(StorePlatformError):
    """There is no such store, or it belongs to somebody whose stores the caller may not see."""


class ConflictError(StorePlatformError):
    """Another writer changed the row first, so that nothing was written; read the row again."""


class ConfigurationError(StorePlatformError):
    """A setting or file of the operator is wrong; the message names it.

    The message is ``problem``, and then ``remedy`` where that is apart.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".rstrip())
        self.problem = problem
        self.remedy = remedy


class LeaseLostError(StorePlatformError):
    """Another replica leads now, so that nothing was written."""

    def __init__(self) -> None:
        super().__init__("Another replica works on stores now.")


class TransientError(StorePlatformError):
    """The same call may succeed later.

    ``retry_after_seconds`` is how long the other side asks to wait, or None if it does not say.
    """

    retry_after_seconds: float | None = None


class ClusterUnreachableError(TransientError):
    """The API server did not answer, or answered that it cannot serve the request for now."""


class OtherClusterError(ClusterUnreachableError):
    """The API server belongs to another cluster than the one that the stores live in."""

    def __init__(self, *, known: str, found: str) -> None:
        super().__init__(
            "This is not the cluster that the stores live in, so nothing is done in it (its"
            f" kube-system has the uid {found}, theirs {known}). Set STORE_PLATFORM_KUBECONFIG and"
            " STORE_PLATFORM_KUBE_CONTEXT, or the kubeconfig's current context, back to that"
            " cluster. If it is gone for good, run `python -m app cluster forget`: the platform"
            " then uses this cluster, and reports the stores as lost."
        )


class DatabaseUnavailableError(TransientError):
    """The database cannot be used for now; the message says why, as far as it is known.

    A transaction that raises this error has changed nothing, unless ``is_outcome_unknown`` is True:
    then the connection was lost after the commit was sent and before its answer came.
    """

    def __init__(
        self,
        message: str = "The database does not answer just now.",
        *,
        is_outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.is_outcome_unknown = is_outcome_unknown


class HelmKilledError(TransientError):
    """A signal ended helm that the platform did not send, such as an out-of-memory kill."""


class MachineShortageError(TransientError):
    """The platform's machine has too little disk space, memory, processes or files for now."""


class ServiceUnreachableError(TransientError):
    """No connection can be made from here to a shop's Service inside the cluster.

    Either nobody listens behind it, or the platform runs where the cluster's own addresses lead
    nowhere, such as on a laptop beside kind.
    """


class PassingError(TransientError):
    """A problem that mostly passes soon; if it outlasts a grace period, the store fails.

    ``reason`` is the store's reason then, and ``output`` the tail of what a tool printed.
    """

    def __init__(self, reason: Reason, *, output: str = "") -> None:
        super().__init__(reason.message)
        self.reason = reason
        self.output = output


class AdmissionWebhookError(PassingError):
    """The API server rejected a request because the admission webhook ``name`` did not answer."""

    def __init__(self, name: str, words: str) -> None:
        message = (
            f"The API server gets no answer from the admission webhook {name}, and refuses every"
            f" request that it must ask it about ({words}). Repair the webhook's service, or remove"
            " its configuration (kubectl get validatingwebhookconfigurations,"
            "mutatingwebhookconfigurations), then try again."
        )
        super().__init__(Reason(ReasonCode.ADMISSION_WEBHOOK_FAILED, message))
        self.name = name


class UnforeseenError(TransientError):
    """An error of no other kind in this tree; the log has its details under ``error_id``."""

    def __init__(self, error_id: str) -> None:
        super().__init__(f"Something went wrong on our side. It was recorded as {error_id}.")
        self.error_id = error_id


class TerminalError(StorePlatformError):
    """The store cannot become ready until somebody changes something; ``reason`` says what.

    ``output`` is the scrubbed tail of what a tool printed.
    """

    def __init__(self, reason: Reason, *, output: str = "") -> None:
        super().__init__(reason.message)
        self.reason = reason
        self.output = output


class ClusterRejectedError(TerminalError):
    """The API server rejected a request of the platform (forbidden, invalid, over quota).

    ``status`` is the answer's HTTP status, or 0 when the platform itself found the answer unusable.
    ``words`` are the API server's own.
    """

    def __init__(self, reason: Reason, *, status: int = 0, words: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.words = words


class HelmError(TerminalError):
    """helm could not be run, or ended with an error; ``output`` is the tail of what it printed."""


class StoreFailedError(TerminalError):
    """The store's pods, Jobs or other objects in its namespace cannot become ready."""
