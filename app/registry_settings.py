"""The setting for the credentials that shops' images are pulled with."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from provisioner.domain.registries import RegistryCredentials


class RegistrySettings(BaseSettings):
    """Where the images of shops may be pulled from. ``app.settings.Settings`` inherits this."""

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    pull_credentials: Path | None = Field(
        None,
        description="A Docker configuration file (config.json) with credentials for the registries"
        " of the shops' images. Each new store's namespace gets a Secret of it, which its pods pull"
        " with; a store takes it when it is created or retried.",
    )

    @field_validator("pull_credentials")
    @classmethod
    def _check_credentials(cls, file: Path | None) -> Path | None:
        if file is not None:
            try:
                RegistryCredentials.parse(file.read_text())
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else error
                raise ValueError(f"{file} is no Docker configuration file ({why})") from None
        return file

    def registry_credentials(self) -> RegistryCredentials | None:
        """Return the file's content, or None if there is no file."""
        if self.pull_credentials is None:
            return None
        return RegistryCredentials.parse(self.pull_credentials.read_text())
