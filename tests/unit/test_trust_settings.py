"""Authorities that are not public come from a file that is checked before the service starts."""

from pathlib import Path

import pytest
import trustme
from pydantic import ValidationError

from app.settings import Settings

VARIABLE = "STORE_PLATFORM_TRUSTED_AUTHORITIES"


def test_those_of_the_file_are_trusted_besides_the_public_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    public = Settings.read().trust().cert_store_stats()["x509_ca"]
    file = tmp_path / "authorities.pem"
    trustme.CA().cert_pem.write_to_path(file)
    monkeypatch.setenv(VARIABLE, str(file))
    assert Settings.read().platform().trust.cert_store_stats()["x509_ca"] == public + 1


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(VARIABLE, str(file))
    with pytest.raises(ValidationError) as refused:
        Settings.read()
    assert f"{file} is no file with certificates in PEM format" in str(refused.value)
