"""storectl's completion in bash, against a service whose cluster is away."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.conftest import Records
from tests.e2e.service import ROOT, Service
from tests.e2e.storectl import Storectl

# As readline does it: the words of the line, the number of the last, and then the function.
_PRESS_TAB = """
set -u
eval "$(_STORECTL_COMPLETE=source_bash storectl)"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
registered=$(complete -p storectl)
[[ $registered =~ -F\\ ([^ ]+) ]]
COMPREPLY=()
"${BASH_REMATCH[1]}" storectl
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def storectl(api: Service, tmp_path: Path) -> Storectl:
    """Two profiles: sam's, who has stores, and tim's, who has one other."""
    command = tmp_path / "bin" / "storectl"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m app.storectl "$@"\n')
    command.chmod(0o755)
    made = Storectl(tmp_path / "home", api, more={"PATH": f"{command.parent}:/usr/bin:/bin"})
    for file, owner in ("account.json", "sam"), ("profiles/second.json", "tim"):
        token = api.token(owner)
        api.create(token, f"{owner}s-shop")
        path = made.home / "storectl" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"url": api.url, "token": token}))
        path.chmod(0o600)
    api.create(api.token("sam"), "other-shop")
    return made


def tab(storectl: Storectl, *words: str) -> list[str]:
    """Return what bash offers for the last word."""
    done = subprocess.run(
        ["bash", "--norc", "-c", _PRESS_TAB, "bash", "storectl", *words],
        env=storectl.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


OFFERED = [
    (["sta"], ["status"]),
    (["profiles", ""], ["list", "use", "remove"]),
    (["status", "sam"], ["sams-shop"]),
    (["delete", "--yes", "o"], ["other-shop"]),
    (["status", "shop"], []),
    (["--profile", "second", "status", ""], ["tims-shop"]),
    (["create", "new", "--engine", ""], ["medusa", "woocommerce"]),
    (["list", "--engine", "w"], ["woocommerce"]),
    (["list", "--status", "de"], ["degraded", "deleting", "deleted"]),
    (["tokens", "create", "--role", "v"], ["viewer"]),
    (["--profile", ""], ["default", "second"]),
    (["login", "--profile", "s"], ["second"]),
    (["profiles", "remove", "d"], ["default"]),
    (["profiles", "use", "nothing"], []),
    (["mcp", "--allow"], ["--allow-destructive"]),
]


def test_what_bash_offers(storectl: Storectl, records: Callable[[], Records]) -> None:
    before = records()
    assert [(words, tab(storectl, *words)) for words, _ in OFFERED] == OFFERED
    assert records() == before


def test_what_cannot_be_asked_says_nothing(storectl: Storectl) -> None:
    for more in (
        {"STORE_PLATFORM_TOKEN": "sp_wrong"},
        {"STORE_PLATFORM_TOKEN": "sp_x", "STORE_PLATFORM_URL": "http://127.0.0.1:9"},
        {"STORE_PLATFORM_PROFILE": "lost"},
        {"STORE_PLATFORM_PROFILE": "../x"},
    ):
        assert tab(replace(storectl, more=storectl.more | more), "status", "") == []
