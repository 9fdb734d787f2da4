"""Explains why the API server rejected a request, and what to do about it. Pure."""

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
"""Pairs of a pattern in the rejection's text and a remedy; the first pattern that matches counts.

Sources: the API server's own texts, in apiserver
pkg/endpoints/handlers/responsewriters/errors.go, pkg/admission/plugin/{namespace/lifecycle,
resourcequota, webhook/errors, policy/validating}, and kubernetes pkg/registry/rbac/validation."""
_ASK = "Ask the cluster's operator what forbids this"
_NOT_TAKEN = (
    "A current Kubernetes accepts this request: check the cluster's version, and whether a proxy"
    " changes requests on their way to it"
)
_NO_API_SERVER = (
    "This is not the answer of an API server: check what stands between it and the platform, such"
    " as a proxy"
)


def rejection(what: str, status: int, words: str, *, is_kubernetes: bool) -> ClusterRejectedError:
    """Return the error to raise for a rejected request.

    ``what`` describes the request. ``status`` is the HTTP status of the answer, ``words`` is its
    text, and ``is_kubernetes`` says whether it has the form of an API server's answer.
    """
    said = f"The cluster refused {what} ({status}): {words.rstrip('.')}."
    # Without a known pattern only a 403 is a matter of rights. Anything else is unexpected, because
    # the platform sends requests that a current Kubernetes accepts.
    otherwise = _ASK if status == _FORBIDDEN else _NOT_TAKEN
    remedy = (known_remedy(words) or otherwise) if is_kubernetes else _NO_API_SERVER
    reason = Reason(ReasonCode.CLUSTER_REFUSED, f"{said} {remedy}, then try again.")
    return ClusterRejectedError(reason, status=status, words=words)


def no_text(path: str) -> ClusterRejectedError:
    """Return the error to raise for a Secret whose values are not text."""
    # Only a store that was never ready can do with new passwords: the volume of any other holds the
    # old ones.
    message = (
        f"The values of {path} are not text. Put back the text that was there. If the store has"
        " never been ready, you can delete the Secret instead: the platform then makes another."
        " Then try again."
    )
    return ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, message))


def known_remedy(words: str) -> str | None:
    """Return what to do about a rejection with these words, or None when no pattern matches.

    The words may also come from helm, which quotes the API server.
    """
    return next((remedy for pattern, remedy in _REMEDIES if pattern.search(words)), None)
