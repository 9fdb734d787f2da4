"""The settings for backups of stores: where they are kept and how long, and how often made."""

from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from provisioner.domain.backups import BackupSettings as Backups
from provisioner.domain.backups import Keep

_MIN_KEY = 32


class BackupSettings(BaseSettings):
    """Where stores' backups are kept. ``app.settings.Settings`` inherits this."""

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    backup_repository: str | None = Field(
        None,
        description="Where backups of stores are kept: the address of restic's rest-server, such as"
        " rest:http://backups.store-platform.svc:8000, below which each store has a repository."
        " Without it no backups are made.",
    )
    backup_key: SecretStr | None = Field(
        None,
        description="What the passwords of all repositories are made from: at least"
        f" {_MIN_KEY} random characters. Keep a copy outside of the cluster; without it no backup"
        " can be read.",
    )
    backup_accounts: str | None = Field(
        None,
        description="The Secret with the server's accounts, as namespace/name; the platform adds"
        " each store's.",
    )
    backup_in_cluster: bool = Field(
        default=True,
        description="Whether the loss of the cluster would be that of the backups too, which people"
        " are told then.",
    )
    backup_interval_hours: float = Field(
        24,
        ge=0,
        description="The mean time between two backups of a store; 0 makes them only when somebody"
        " asks for one.",
    )
    max_concurrent_backups: int = Field(2, ge=1, description="Backups made at a time.")
    backup_check_days: float = Field(
        30,
        ge=0,
        description="Days between two checks of a store's newest backup, in which a shop is made of"
        " it that nobody sees, and removed again; 0 checks one only when somebody asks for it.",
    )
    max_concurrent_backup_checks: int = Field(
        1, ge=1, description="Shops that are made at a time by the schedule to check backups."
    )
    backup_removal: str | None = Field(
        None,
        description="The CronJob that removes old backups, as namespace/name, and the Secret of the"
        " same name in which the platform says which. Without it backups are kept for ever.",
    )
    backup_keep_all_days: float = Field(
        2, ge=0, description="Days up to a store's newest backup in which all of them are kept."
    )
    backup_keep_days: int = Field(
        7, ge=0, description="Of how many days with a backup of a store the newest one is kept."
    )
    backup_keep_weeks: int = Field(
        4, ge=0, description="Of how many weeks with a backup of a store the newest one is kept."
    )
    backup_keep_months: int = Field(
        6, ge=0, description="Of how many months with a backup of a store the newest one is kept."
    )
    backup_keep_deleted_days: float = Field(
        30,
        ge=0,
        description="Days that the backups of a deleted store are kept; 0 keeps them for ever.",
    )

    @field_validator("backup_repository")
    @classmethod
    def _check_repository(cls, address: str | None) -> str | None:
        if address and (not address.startswith("rest:http") or not _host_of(address)):
            raise ValueError(
                f"{address!r} is no address of a rest-server; it begins with rest:http:// or"
                " rest:https://"
            )
        return address or None

    @field_validator("backup_accounts", "backup_removal")
    @classmethod
    def _check_place(cls, secret: str | None) -> str | None:
        if secret and (secret.count("/") != 1 or not all(secret.split("/"))):
            raise ValueError(f"{secret!r} is not the namespace and name of a Secret, with a slash")
        return secret or None

    @model_validator(mode="after")
    def _check_backups(self) -> Self:
        if self.backup_repository is None:
            return self
        key = self.backup_key.get_secret_value() if self.backup_key else ""
        if len(key) < _MIN_KEY:
            raise ValueError(
                f"backup_key must have at least {_MIN_KEY} random characters where"
                " backup_repository is set"
            )
        if self.backup_accounts is None:
            raise ValueError("backup_accounts must be set where backup_repository is")
        return self

    def backups(self) -> Backups | None:
        """Return where backups are kept, or None if none are made."""
        if self.backup_repository is None or self.backup_key is None or not self.backup_accounts:
            return None
        parts = urlsplit(self.backup_repository.removeprefix("rest:"))
        return Backups(
            repository=self.backup_repository,
            key=self.backup_key.get_secret_value(),
            accounts=_place(self.backup_accounts),
            is_in_cluster=self.backup_in_cluster,
            port=parts.port or (443 if parts.scheme == "https" else 80),
            interval=timedelta(hours=self.backup_interval_hours) or None,
            check_interval=timedelta(days=self.backup_check_days) or None,
            max_checks=self.max_concurrent_backup_checks,
            removal=_place(self.backup_removal) if self.backup_removal else None,
            keep=Keep(
                recent=timedelta(days=self.backup_keep_all_days),
                days=self.backup_keep_days,
                weeks=self.backup_keep_weeks,
                months=self.backup_keep_months,
                deleted=timedelta(days=self.backup_keep_deleted_days) or None,
            ),
        )


def _place(text: str) -> tuple[str, str]:
    namespace, name = text.split("/")
    return namespace, name


def _host_of(address: str) -> str | None:
    return urlsplit(address.removeprefix("rest:")).hostname
