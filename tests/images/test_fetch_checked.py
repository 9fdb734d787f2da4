"""What an image's build downloads is kept only if it is what was looked at. curl is played."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from app.local.images.dockerfile import stages
from tests.images.dockerfile import SHOP

CURL = """#!/bin/sh
printf '%s' 'an archive' > "$6"
"""
FOUND = hashlib.sha256(b"an archive").hexdigest()
ADDRESS = "https://downloads.invalid/shop.zip"


def fetch(folder: Path, expected: str) -> subprocess.CompletedProcess[str]:
    curl = folder / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text(CURL)
    curl.chmod(0o755)
    return subprocess.run(
        [SHOP.parent / "fetch-checked", ADDRESS, expected, folder / "shop.zip"],
        env={"PATH": f"{curl.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_what_was_looked_at_is_kept(tmp_path: Path) -> None:
    assert fetch(tmp_path, FOUND).returncode == 0
    assert (tmp_path / "shop.zip").read_text() == "an archive"


@pytest.mark.parametrize(
    ("expected", "given"),
    [("", "none"), ("0" * 64, "0" * 64), (FOUND.upper(), FOUND.upper()), (f" {FOUND}", FOUND)],
)
def test_without_its_checksum_or_with_another_the_build_stops(
    tmp_path: Path, expected: str, given: str
) -> None:
    done = fetch(tmp_path, expected)
    assert done.returncode == 1
    assert f"{ADDRESS} has the SHA-256 {FOUND}, and " in done.stderr
    assert f"{given} was given." in done.stderr
    assert f"build again with WOOCOMMERCE_SHA256={FOUND}" in done.stderr
    assert not (tmp_path / "shop.zip").exists()


def test_the_image_downloads_nothing_in_another_way() -> None:
    commands = [
        arguments
        for stage in stages(SHOP).values()
        for name, arguments in stage.instructions
        if name in ("RUN", "ADD")
    ]
    fetching = [command for command in commands if "://" in command or "curl" in command]
    assert len(fetching) == 1
    assert fetching[0].startswith('fetch-checked "https://downloads.wordpress.org/plugin/')
    assert '"${WOOCOMMERCE_SHA256:-}"' in fetching[0]
    # It has no default: one for another version would be found only by whoever builds that
    (given,) = [
        a for s in stages(SHOP).values() for n, a in s.instructions if "SHA256" in a and n == "ARG"
    ]
    assert given == "WOOCOMMERCE_SHA256"
