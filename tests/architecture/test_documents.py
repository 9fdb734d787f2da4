"""The documents are true where a machine can tell: links lead somewhere, variables exist."""

import re
from pathlib import Path

import pytest

from app.settings import ROOT, Settings

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "charts/*/README.md", "tests/bench/*.md")
    for path in ROOT.glob(pattern)
)
OTHERS = {
    "STORE_PLATFORM_TOKEN", "STORE_PLATFORM_URL", "STORE_PLATFORM_PROFILE",  # storectl
    "STORE_PLATFORM_COPY_TO",  # app database copy
    "STORE_PLATFORM_KEEP_CLUSTER", "STORE_PLATFORM_CACHE",  # tests and local clusters
}  # fmt: skip
"""Variables of other programs than the service."""

_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a document."""
    headings = _HEADING.findall(_CODE_BLOCK.sub("", path.read_text()))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    broken = []
    for target, anchor in _LINK.findall(_CODE_BLOCK.sub("", document.read_text())):
        path = document.parent / target if target else document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_variables_are_settings(document: Path) -> None:
    written = set(re.findall(r"STORE_PLATFORM_[A-Z][A-Z_]*[A-Z]", document.read_text()))
    settings = {f"STORE_PLATFORM_{name.upper()}" for name in Settings.model_fields}
    assert written - settings - OTHERS == set()


def test_the_documents_are_found() -> None:
    assert {"README.md", "DESIGN.md", "docs/using.md", "charts/woocommerce/README.md"} <= {
        named(path) for path in DOCUMENTS
    }
