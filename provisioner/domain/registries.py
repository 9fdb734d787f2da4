"""Credentials for the registries that shops' images come from, as the operator has set them."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class RegistryCredentials:
    """The content of a Docker configuration file, as Kubernetes' pull Secrets hold it.

    Source of the form: Kubernetes' documentation, "Pull an Image from a Private Registry".
    """

    config: str = field(repr=False)

    @classmethod
    def parse(cls, config: str) -> Self:
        """Check a file's content. Raises ValueError, which quotes nothing of it."""
        try:
            found = json.loads(config)
        except ValueError:
            raise ValueError("it is no JSON") from None
        registries = found.get("auths") if isinstance(found, dict) else None
        if not isinstance(registries, dict) or not registries:
            raise ValueError('it has no registries under "auths"')
        if not all(isinstance(entry, dict) for entry in registries.values()):
            raise ValueError('each registry under "auths" must have an object')
        return cls(config)

    @property
    def secrets(self) -> list[str]:
        """What must not be shown of it: each password, as it is and as it is encoded."""
        registries: dict[str, dict[str, Any]] = json.loads(self.config)["auths"]
        found = [
            str(entry[key])
            for entry in registries.values()
            for key in ("password", "auth", "identitytoken", "registrytoken")
            if entry.get(key)
        ]
        encoded = [str(entry["auth"]) for entry in registries.values() if entry.get("auth")]
        return [*found, *filter(None, map(_password, encoded))]


def _password(encoded: str) -> str:
    """Return the password in ``auth``, which is base64 of ``user:password``; "" if it is not."""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
