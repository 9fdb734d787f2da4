"""Turns an API server's answer into an error, by its HTTP status and its message."""

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
"""The API server's words in a 500. Source: k8s.io/apiserver pkg/util/webhook/error.go."""
_WORDS = 300  # characters of a webhook's own message that are kept

_statuses = msgspec.json.Decoder(WireStatus)


class AlreadyExistsError(ClusterUnreachableError):
    """409: the object exists already, or it has changed meanwhile. Look again."""


def error_of(response: aiohttp.ClientResponse, content: bytes, what: str) -> Exception:
    """Return the error for an answer with a status of 400 or more.

    ``what`` is the request, as method and path.
    """
    is_kubernetes = True
    try:
        status = _statuses.decode(content)
    except msgspec.MsgspecError:  # not from the API server: a proxy's error page, for example
        status = WireStatus(message=content[:200].decode(errors="replace"))
        is_kubernetes = False
    message = status.message or response.reason or "no reason given"
    named = {_NOT_FOUND: NotFoundError, _CONFLICT: AlreadyExistsError, _GONE: GoneError}
    if response.status in named:
        return named[response.status](message)
    if response.status == UNAUTHORIZED:
        return ClusterUnreachableError(
            f"The cluster does not accept the platform's credentials (401): {message}. Renew the"
            " service account's token or the kubeconfig; the platform reads it again itself."
        )
    # Before the transient ones, of which 500 is one: the name of the webhook is what helps.
    if response.status == _INTERNAL and (failed := _WEBHOOK.search(message)):
        return AdmissionWebhookError(failed["name"], failed["why"][:_WORDS])
    if response.status in _TRANSIENT:
        error = ClusterUnreachableError(f"The cluster answered {response.status}: {message}")
        error.retry_after_seconds = _seconds(response.headers.get("Retry-After"))
        return error
    return rejection(what, response.status, message, is_kubernetes=is_kubernetes)


def _seconds(header: str | None) -> float | None:
    # HTTP also allows a date in Retry-After; that form is ignored.
    return float(header) if header and header.isdecimal() else None
