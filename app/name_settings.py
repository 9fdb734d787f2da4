"""The settings for the names of stores, and for how long those of deleted stores are kept."""

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from provisioner.domain.names import reserved_names
from provisioner.storage.kept_names import NameRules

# `-*`, or a name, with or without a hyphen before it that frees the name.
_ENTRY = re.compile(r"-\*|-?[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def _items(text: object) -> object:
    # For lists marked ``NoDecode``: pydantic-settings would expect JSON in the environment.
    if not isinstance(text, str):
        return text
    return tuple(item.strip() for item in text.split(",") if item.strip())


class NameSettings(BaseSettings):
    """Which names are reserved, and how long a name stays its owner's.

    ``app.settings.Settings`` inherits this.
    """

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    reserved_names: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_items)] = Field(
        (),
        description="Names that no store may have, besides the built-in ones"
        " (provisioner/domain/names.py), comma-separated. A hyphen before a built-in name frees it;"
        " -* frees them all, so that the names beside it are the whole list.",
    )
    name_quarantine_days: float = Field(
        90,
        ge=0,
        description="Days for which a deleted store's name is kept for its owner, while nobody else"
        " may have it; 0 keeps none. The name is kept in the store's record, so no longer than the"
        " record itself (deleted_retention_days).",
    )
    deleted_retention_days: float = Field(
        90, ge=0, description="Days until the record of a deleted store is removed; 0 keeps it."
    )

    @field_validator("reserved_names")
    @classmethod
    def _check_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _ENTRY.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no name: use lower-case letters, digits and hyphens, with a"
                    " hyphen before it to free a built-in one, or -* to free them all"
                )
        return names

    @model_validator(mode="after")
    def _check_quarantine(self) -> Self:
        # Only where the operator has set the days: a shorter retention alone is no mistake, and
        # ``names`` then keeps names as long as records. A retention of 0 days is for ever.
        kept = self.deleted_retention_days
        if "name_quarantine_days" in self.model_fields_set and 0 < kept < self.name_quarantine_days:
            raise ValueError(
                f"name_quarantine_days is {self.name_quarantine_days:g}, but the record that keeps"
                f" a name is removed after {kept:g}: raise deleted_retention_days, or lower it"
            )
        return self

    def names(self) -> NameRules:
        """Return the settings for names that the domain needs."""
        days = min(self.name_quarantine_days, self.deleted_retention_days or float("inf"))
        return NameRules(
            reserved=reserved_names(self.reserved_names),
            kept_for=timedelta(days=days) or None,
        )
