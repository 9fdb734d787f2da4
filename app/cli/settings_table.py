"""Makes the table of all settings (docs/settings.md) from the classes that define them."""

from enum import Enum
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from app.auth.settings import SignInSettings
from app.backup_settings import BackupSettings
from app.graces import GraceSettings
from app.limits.settings import LimitSettings
from app.listening_settings import ListeningSettings
from app.mail_settings import MailSettings
from app.name_settings import NameSettings
from app.registry_settings import RegistrySettings
from app.settings import ROOT, Settings
from app.trust_settings import TrustSettings

_INTRODUCTION = """\
# Settings

Written by `make settings`. Each setting is an environment variable, and is read once at the start.
A wrong value stops the service with a message that names the setting. Lists are separated by
commas.
"""

_PARTS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("Where the service listens", ListeningSettings),
    ("The service", Settings),
    ("Names of stores", NameSettings),
    ("The mail of shops", MailSettings),
    ("The images of shops", RegistrySettings),
    ("Backups of shops", BackupSettings),
    ("Signing in with an issuer", SignInSettings),
    ("Authorities that are not public", TrustSettings),
    ("Limits on callers", LimitSettings),
    ("Time until a fault fails a store", GraceSettings),
)


def settings_table() -> str:
    """Return the page in Markdown."""
    sections = [_INTRODUCTION]
    for title, part in _PARTS:
        rows = [
            _row(f"`STORE_PLATFORM_{name.upper()}`", _default(field), _escaped(field.description))
            for name, field in part.model_fields.items()
            # ``Settings`` inherits the fields of the other parts, which have sections of their own.
            if name in part.__annotations__
        ]
        head = (f"## {title}\n", _row("Variable", "Default", "What it is"), "|---|---|---|")
        sections.append("\n".join((*head, *rows, "")))
    return "\n".join(sections).rstrip() + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _default(field: FieldInfo) -> str:
    # As an operator writes the value in an environment variable: a bool in small letters, an enum
    # by its value.
    value = field.get_default()
    if value is None or value in ((), ""):
        return "unset"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{_text(item)}`" for item in value)
    return f"`{_text(value)}`"


def _text(value: object) -> str:
    """Return a value as people write it; a path within this checkout is relative to its root."""
    # Otherwise the table would depend on where the repository was cloned.
    return str(value).replace(f"{ROOT}/", "") if isinstance(value, Path | str) else str(value)


def _escaped(text: str | None) -> str:
    # Markdown would take ``|`` for the end of a cell and ``<`` for the start of HTML.
    return (text or "").replace("|", "\\|").replace("<", "&lt;")
