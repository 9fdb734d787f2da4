"""Credentials for registries come from a file that is checked before the service starts."""

import base64
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings

VARIABLE = "STORE_PLATFORM_PULL_CREDENTIALS"
WORD = "a registry's password"
AUTH = base64.b64encode(f"robot:{WORD}".encode()).decode()


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    found = tmp_path / ".dockerconfigjson"
    monkeypatch.setenv(VARIABLE, str(found))
    return found


def test_what_the_file_says_reaches_the_domain_and_is_not_shown(file: Path) -> None:
    entries = {"a.test": {"auth": AUTH}, "b.test": {"username": "me", "password": "other"}}
    file.write_text(json.dumps({"auths": entries}))
    found = Settings.read().platform().work.registries
    assert found is not None
    assert found.config == file.read_text()
    assert found.secrets == [AUTH, "other", WORD]
    assert AUTH not in repr(found)


def test_by_default_there_are_none() -> None:
    assert Settings.read().platform().work.registries is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        (f'{{"auths": "{AUTH}"', "it is no JSON"),
        (f'["{AUTH}"]', "it has no registries"),
        ('{"auths": {}}', "it has no registries"),
        (f'{{"auths": {{"a.test": "{AUTH}"}}}}', "must have an object"),
    ],
)
def test_a_wrong_file_is_named_and_not_quoted(file: Path, content: str | None, why: str) -> None:
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValidationError) as refused:
        Settings.read()
    said = str(refused.value)
    assert f"{file} is no Docker configuration file (" in said
    assert why in said
    assert AUTH not in said
