"""The setting for whom the service trusts when it asks others by HTTPS."""

import ssl
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from provisioner.kubernetes.trust import trusting


class TrustSettings(BaseSettings):
    """Authorities that are not public. ``app.settings.Settings`` inherits this."""

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    trusted_authorities: Path | None = Field(
        None,
        description="A PEM file with the certificates of authorities that are trusted besides the"
        " public ones, when the service asks shops and the issuer by HTTPS.",
    )

    @field_validator("trusted_authorities")
    @classmethod
    def _check_authorities(cls, file: Path | None) -> Path | None:
        try:
            trusting(file)
        except OSError as error:
            raise ValueError(
                f"{file} is no file with certificates in PEM format that can be read ({error})"
            ) from error
        return file

    def trust(self) -> ssl.SSLContext:
        """Return what accepts the certificates of these and of the public authorities."""
        return trusting(self.trusted_authorities)
