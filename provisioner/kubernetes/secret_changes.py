"""Changes values of a Secret, without a right that the platform does not have yet.

Its role may update Secrets of stores, and not patch them: so a Secret is read, and written as it
was but for the change. A change by somebody else in between is noticed, and nothing is lost.
"""

from base64 import b64encode
from collections.abc import Mapping

import msgspec

from provisioner.domain.cluster_rejections import no_text
from provisioner.domain.errors import ClusterUnreachableError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError

_TRIES = 5

_objects = msgspec.json.Decoder(dict[str, object])


async def change_secret(
    api: KubeApi, namespace: str, name: str, values: Mapping[str, str | None]
) -> None:
    """See ``ports.Cluster``."""
    path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
    for _ in range(_TRIES):
        body = _changed(await api.call("GET", path), path, values)
        try:
            await api.call("PUT", path, body=body)
        except AlreadyExistsError:  # 409: it is of another version than what was read
            continue
        return
    raise ClusterUnreachableError(f"Secret {name} was changed by others each time.")


def _changed(content: bytes, path: str, values: Mapping[str, str | None]) -> dict[str, object]:
    try:
        found = _objects.decode(content)
    except msgspec.MsgspecError:
        # ``from None``: the text of the original error could hold a part of a secret value.
        raise no_text(path) from None
    data = found.get("data") or {}
    if not isinstance(data, dict):
        raise no_text(path)
    given = {k: None if v is None else b64encode(v.encode()).decode() for k, v in values.items()}
    return found | {"data": {k: v for k, v in (data | given).items() if v is not None}}
