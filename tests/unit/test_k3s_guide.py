"""The guide for k3s: what `make test-real` types of it is all that it says is tested."""

import re

from tests.real.platform.guide import GUIDE, typed_blocks

STEPS = [
    "Names", "Secrets", "Values", "Install", "Sign in", "The first shop, and its first order",
]  # fmt: skip


def test_what_is_typed() -> None:
    assert list(typed_blocks()) == STEPS


def test_a_section_says_whether_it_is_tested() -> None:
    sections = re.split(r"^## ", GUIDE.read_text(), flags=re.MULTILINE)[1:]
    numbered = [text for text in sections if re.match(r"\d+\. ", text)]
    for text in numbered:
        said = re.search(r"^\*(Not tested|Tested)", text, re.MULTILINE)
        assert said is not None, text[:40]
        assert ("<!-- tested -->" in text) == (said[1] == "Tested"), text[:40]
    assert len(numbered) == 11
