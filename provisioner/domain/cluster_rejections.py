"""A request that the API server rejects: why, in its own words, and what to do about it. Pure."""

import re

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError
from provisioner.domain.stores import Reason

_FORBIDDEN = 403
_GRANT = (
    "Give the platform's account the right that this names (the ClusterRoles of its chart hold all"
    " that it needs)"
)
_REMEDIES = (
    (re.compile(r'User "[^"]*" cannot \w+ resource'), _GRANT),
    (
        re.compile("attempting to grant RBAC permissions not currently held"),
        "Let the platform's account `bind` that ClusterRole, as its chart does",
    ),
    (re.compile("being terminated"), "Wait until that namespace is gone"),
    (re.compile("exceeded quota|failed quota"), "Raise that quota, or make room in it"),
    (
        re.compile("admission webhook|AdmissionPolicy"),
        "Have the cluster's operator change what refuses this, or exempt the platform from it",
    ),
)
"""The first that matches counts. Sources: the API server's own texts, in apiserver
pkg/endpoints/handlers/responsewriters/errors.go, pkg/admission/plugin/{namespace/lifecycle,
resourcequota, webhook/errors, policy/validating}, and kubernetes pkg/registry/rbac/validation."""
_ASK = "Ask the cluster's operator what forbids this"
_NOT_TAKEN = (
    "A current Kubernetes accepts this request: check the cluster's version, and whether a proxy"
    " changes requests on their way to it"
)
_NO_API_SERVER = (
    "No API server answers like that: see what stands between it and the platform, such as a proxy"
)


def rejection(what: str, status: int, words: str, *, is_kubernetes: bool) -> ClusterRejectedError:
    """Return the error that a rejected request ends with.

    ``what`` is the request, ``words`` what was answered, ``status`` the HTTP status of that, and
    ``is_kubernetes`` whether it has the form of an API server's answer.
    """
    said = f"The cluster refused {what} ({status}): {words.rstrip('.')}."
    otherwise = _ASK if status == _FORBIDDEN else _NOT_TAKEN
    remedy = (known_remedy(words) or otherwise) if is_kubernetes else _NO_API_SERVER
    reason = Reason(ReasonCode.CLUSTER_REFUSED, f"{said} {remedy}, then try again.")
    return ClusterRejectedError(reason, status=status, words=words)


def no_text(path: str) -> ClusterRejectedError:
    """Return the error that reading a Secret ends with whose values are no text."""
    message = (
        f"{path} is no Secret with text in it. Put the text back that it had; or, if the store has"
        " never been ready, delete the Secret, and the platform makes another. Then try again."
    )
    return ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, message))


def known_remedy(words: str) -> str | None:
    """Return what to do about a rejection in these words, which helm may quote; None if unknown."""
    return next((remedy for pattern, remedy in _REMEDIES if pattern.search(words)), None)
