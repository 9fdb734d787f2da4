"""The settings for the mail server that shops send through."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from provisioner.domain.mail import MailSecurity, MailServer


class MailSettings(BaseSettings):
    """Where the mail of new shops goes. ``app.settings.Settings`` inherits this."""

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    smtp_host: str | None = Field(
        None,
        pattern=r"^[^\s/:]+$",
        description="The mail server that shops send through, by name or IPv4 address; if unset,"
        " they send no mail. A store takes this and the settings below when it is created or"
        " retried.",
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="The mail server's port.")
    smtp_security: MailSecurity = Field(
        MailSecurity.STARTTLS,
        description="How the connection is encrypted: starttls, tls (from its first byte) or none.",
    )
    smtp_username: str | None = Field(
        None, description="Whom the shops sign in as; if unset, they do not sign in."
    )
    smtp_password: SecretStr | None = Field(
        None, description="Their password. It is in a Secret in the namespace of each store."
    )
    smtp_from: str | None = Field(
        None,
        description="The address that a shop's mail comes from, such as"
        " {name}@shops.example.com; {name} and {host} are the store's. If unset, shop@{host}.",
    )

    @field_validator("smtp_from")
    @classmethod
    def _check_sender(cls, sender: str | None) -> str | None:
        if sender is None:
            return None
        try:
            address = sender.format(name="shop", host="shop.example.com")
        except (AttributeError, IndexError, KeyError, ValueError):
            raise ValueError(f"{sender!r} may name nothing but {{name}} and {{host}}") from None
        local, _, domain = address.partition("@")
        if not local or not domain or any(c.isspace() or c in "@<>," for c in local + domain):
            raise ValueError(f"{sender!r} is no address: write it like {{name}}@shops.example.com")
        return sender

    @model_validator(mode="after")
    def _check_sign_in(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password go together: set both, or neither")
        return self

    def mail_server(self) -> MailServer | None:
        """Return the mail server that the domain needs, or None."""
        if self.smtp_host is None:
            return None
        return MailServer(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_security,
            sender=self.smtp_from,
            username=self.smtp_username,
            password=self.smtp_password.get_secret_value() if self.smtp_password else "",
        )
