"""What a release does to the changelog, and what it says of itself."""

from datetime import date

import pytest

from app.local.release.changelog import released, section
from app.local.release.errors import ReleaseError
from app.settings import ROOT

TEXT = """# Changelog

## [Unreleased]

### Added

- A shop.

## [0.1.0] - 2026-01-02

The first release.
"""


def test_what_was_unreleased_is_under_the_version() -> None:
    text = released(TEXT, "0.2.0", date(2026, 3, 4))
    assert text == TEXT.replace("## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.0] - 2026-03-04\n")
    assert section(text, "0.2.0") == "### Added\n\n- A shop.\n"
    assert section(text, "0.1.0") == "The first release.\n"


def test_the_next_release_needs_something_new() -> None:
    text = released(TEXT, "0.2.0", date(2026, 3, 4))
    with pytest.raises(ReleaseError, match=r"says nothing below `## \[Unreleased\]`"):
        released(text, "0.3.0", date(2026, 3, 5))


def test_a_version_is_released_once() -> None:
    with pytest.raises(ReleaseError, match=r"has a heading of 0\.1\.0 already"):
        released(TEXT, "0.1.0", date(2026, 3, 4))


def test_a_heading_that_is_not_there_is_named() -> None:
    with pytest.raises(ReleaseError, match=r"has no heading `## \[0\.1\]`"):
        section(TEXT, "0.1")


def test_our_own_has_the_form() -> None:
    """Also right after a release, when nothing is unreleased."""
    text = (ROOT / "CHANGELOG.md").read_text()
    assert text.count("\n## [Unreleased]\n") == 1
    assert section(text, "0.1.0").startswith("The first release.\n")
