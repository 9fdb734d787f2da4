"""CHANGELOG.md, in the form of Keep a Changelog: what is unreleased, and what a release has."""

import re
from datetime import date

from app.local.release.errors import ReleaseError

_UNRELEASED = "## [Unreleased]\n"


def section(text: str, name: str) -> str:
    """Return what stands below the heading of a version, or of ``Unreleased``.

    Raises ReleaseError if there is no such heading, or nothing below it.
    """
    found = re.search(
        rf"^## \[{re.escape(name)}\][^\n]*\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise ReleaseError(f"CHANGELOG.md has no heading `## [{name}]`.")
    if not any(line and not line.startswith("#") for line in found[1].splitlines()):
        raise ReleaseError(
            f"CHANGELOG.md says nothing below `## [{name}]`. Write what users notice, or release"
            " nothing."
        )
    return found[1].strip() + "\n"


def released(text: str, version: str, day: date) -> str:
    """Return the changelog with all that is unreleased under a version. Raises ReleaseError."""
    section(text, "Unreleased")
    if f"\n## [{version}]" in text:
        raise ReleaseError(f"CHANGELOG.md has a heading of {version} already.")
    heading = f"## [{version}] - {day.isoformat()}\n"
    return text.replace(_UNRELEASED, f"{_UNRELEASED}\n{heading}", 1)
