"""Every error the domain raises, as one tree.

    StorePlatformError
    ├── RefusedError              the request is wrong: says which field, and the remedy
    ├── NotFoundError             no such store, or not one this caller may see
    ├── ConflictError             a guarded update met another status than expected: read again
    ├── ConfigurationError        the service cannot start as configured
    ├── LeaseLostError            another replica works on stores now: this one must not
    ├── TransientError            worth another try
    │   ├── ClusterUnreachableError
    │   │   └── OtherClusterError   it is not the cluster that the stores live in
    │   ├── DatabaseUnavailableError
    │   ├── HelmKilledError
    │   ├── MachineShortageError  this machine lacks something just now, such as disk space
    │   ├── PassingError          passes mostly: given a grace, and then the end
    │   │   └── AdmissionWebhookError  the API server got no answer from a webhook
    │   └── UnforeseenError       a fault of ours, which has an id: tried a few times, no more
    └── TerminalError             another try would end the same way: the store fails
        ├── ClusterRejectedError  the API server understood, and said no
        ├── HelmError             helm is missing, failed, or ran out of time
        └── StoreFailedError      a finding is fatal to the store

Errors of libraries are wrapped once, at the edge where they appear (``raise … from``).
"""

from dataclasses import dataclass

from provisioner.domain.codes import ReasonCode, RefusalCode
from provisioner.domain.stores import Reason


class StorePlatformError(Exception):
    """Root of the tree."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong with a request.

    ``code`` is for programs; ``message`` is for people and names the remedy; ``field`` is the
    input's field in GraphQL spelling, or None when it is not about one.
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
    """There is no such store for this caller."""


class ConflictError(StorePlatformError):
    """The row was no longer in the expected status; nothing was written."""


class ConfigurationError(StorePlatformError):
    """A setting or a file that the operator provides is wrong; the message names it."""


class LeaseLostError(StorePlatformError):
    """Another replica works on stores by now; nothing was written."""

    def __init__(self) -> None:
        super().__init__("Another replica works on stores now.")


class TransientError(StorePlatformError):
    """The same call may well succeed later: after ``retry_after_seconds``, where it is known."""

    retry_after_seconds: float | None = None


class ClusterUnreachableError(TransientError):
    """The API server did not answer, or answered that it cannot serve just now."""


class OtherClusterError(ClusterUnreachableError):
    """What answers is another cluster than the one that the stores live in."""

    def __init__(self, *, known: str, found: str) -> None:
        super().__init__(
            "This is not the cluster that the stores live in, so nothing is done in it (its"
            f" kube-system has the uid {found}, theirs {known}). Set STORE_PLATFORM_KUBECONFIG and"
            " STORE_PLATFORM_KUBE_CONTEXT, or the kubeconfig's current context, back to that"
            " cluster. If it is gone for good, run `python -m app cluster forget`: this one is used"
            " then, and the stores are told as lost."
        )


class DatabaseUnavailableError(TransientError):
    """The database cannot be used just now; the message says why, as far as that is known.

    A transaction that ends with it has changed nothing, unless ``is_outcome_unknown``: then the
    connection was lost between asking for the commit and the answer.
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
    """helm was ended by a signal that is not ours, such as the kernel's for want of memory."""


class MachineShortageError(TransientError):
    """The machine has too little of something just now: disk, memory, processes, open files."""


class PassingError(TransientError):
    """Something that mostly passes soon; what does not within a grace has ``reason`` as its end."""

    def __init__(self, reason: Reason, *, output: str = "") -> None:
        super().__init__(reason.message)
        self.reason = reason
        self.output = output


class AdmissionWebhookError(PassingError):
    """The API server could not ask an admission webhook, and so refused; ``name`` is its name."""

    def __init__(self, name: str, words: str) -> None:
        message = (
            f"The API server gets no answer from the admission webhook {name}, and refuses whatever"
            f" it has to ask it about ({words}). Have the webhook's service answer, or remove its"
            " configuration (kubectl get validatingwebhookconfigurations,"
            "mutatingwebhookconfigurations), then try again."
        )
        super().__init__(Reason(ReasonCode.ADMISSION_WEBHOOK_FAILED, message))
        self.name = name


class UnforeseenError(TransientError):
    """An error of none of these kinds; the log has it under ``error_id``."""

    def __init__(self, error_id: str) -> None:
        super().__init__(f"Something went wrong on our side. It was recorded as {error_id}.")
        self.error_id = error_id


class TerminalError(StorePlatformError):
    """The store cannot get further without a change from outside."""

    def __init__(self, reason: Reason, *, output: str = "") -> None:
        super().__init__(reason.message)
        self.reason = reason
        self.output = output


class ClusterRejectedError(TerminalError):
    """The API server rejected a request of ours (forbidden, invalid, over quota).

    ``status`` is its HTTP status, 0 where the rejection is another's; ``words`` are its own.
    """

    def __init__(self, reason: Reason, *, status: int = 0, words: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.words = words


class HelmError(TerminalError):
    """helm could not be run, or ended with an error; ``output`` is the tail of what it said."""


class StoreFailedError(TerminalError):
    """What runs in the store's namespace cannot become ready."""
