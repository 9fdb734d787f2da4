"""The settings for where the service listens: for its callers, and for visitors of closed shops."""

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ListeningSettings(BaseSettings):
    """At which addresses and ports the service listens. ``app.settings.Settings`` inherits this."""

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; :: is every address of this machine, IPv4's too.",
    )
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    closed_shops_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port at which visitors of closed shops are told so, and nothing else is"
        " answered. The ingress controller has to lead there what no shop's own Ingress has. 0"
        " does not listen.",
    )
    closed_shops_host: str | None = Field(
        None,
        description="Address to listen on for visitors of closed shops; that of"
        " STORE_PLATFORM_HOST if unset.",
    )

    @field_validator("closed_shops_port")
    @classmethod
    def _check_port(cls, port: int, info: ValidationInfo) -> int:
        # Even at another address: the port alone tells visitors of shops from callers of the API.
        if port and port == info.data.get("port"):
            raise ValueError(f"{port} is STORE_PLATFORM_PORT already: choose another port")
        return port
