"""The error that an API server's answer stands for, by its HTTP status and what it says."""

import re

import aiohttp
import msgspec

from provisioner.domain.cluster_rejections import rejection
from provisioner.domain.errors import (
    AdmissionWebhookError,
    ClusterUnreachableError,
    NotFoundError,
)
from provisioner.kubernetes.reflector import GoneError
from provisioner.kubernetes.wire import WireStatus

UNAUTHORIZED = 401

_NOT_FOUND, _CONFLICT, _GONE = 404, 409, 410
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_INTERNAL = 500
_WEBHOOK = re.compile(
    r'failed calling webhook "(?P<name>[^"]+)": (?:failed to call webhook: )?(?P<why>.*)', re.DOTALL
)
"""The API server's own words, of a 500: k8s.io/apiserver pkg/util/webhook/error.go."""
_WORDS = 300

_statuses = msgspec.json.Decoder(WireStatus)


class AlreadyExistsError(ClusterUnreachableError):
    """409: there is one already, or it changed meanwhile. Look again."""


def error_of(response: aiohttp.ClientResponse, content: bytes, what: str) -> Exception:
    """Return the error for an answer with a status of 400 or more; ``what`` is the request."""
    is_kubernetes = True
    try:
        status = _statuses.decode(content)
    except msgspec.MsgspecError:  # a proxy's page, say
        status = WireStatus(message=content[:200].decode(errors="replace"))
        is_kubernetes = False
    message = status.message or response.reason or "no reason given"
    named = {_NOT_FOUND: NotFoundError, _CONFLICT: AlreadyExistsError, _GONE: GoneError}
    if response.status in named:
        return named[response.status](message)
    if response.status == UNAUTHORIZED:
        return ClusterUnreachableError(
            f"The cluster does not accept the platform's credentials (401): {message}. Renew the"
            " service account's token or the kubeconfig; it is read anew by itself."
        )
    if response.status == _INTERNAL and (failed := _WEBHOOK.search(message)):
        return AdmissionWebhookError(failed["name"], failed["why"][:_WORDS])
    if response.status in _TRANSIENT:
        error = ClusterUnreachableError(f"The cluster answered {response.status}: {message}")
        error.retry_after_seconds = _seconds(response.headers.get("Retry-After"))
        return error
    return rejection(what, response.status, message, is_kubernetes=is_kubernetes)


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdecimal() else None
