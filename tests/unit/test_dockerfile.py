"""Dockerfiles are read as Docker reads them, or refused."""

from pathlib import Path

import pytest

from app.local.images.dockerfile import Copied, DockerfileError, stages

TEXT = """# A comment.
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${BASE_IMAGE} AS first
ENV ONE=1 \\
    TWO="two words"
# Another comment.
RUN apt-get update \\
    && apt-get install --yes this

FROM ${BASE_IMAGE} AS last
COPY --from=first /made made
COPY --chmod=755 one two /usr/local/bin/
HEALTHCHECK --interval=20s \\
    CMD ["true"]
CMD ["serve", "--all"]
"""


def written(folder: Path, text: str = TEXT) -> Path:
    file = folder / "Dockerfile"
    file.write_text(text)
    return file


def test_stages_by_name_with_their_bases(tmp_path: Path) -> None:
    found = stages(written(tmp_path))
    assert list(found) == ["first", "last"]
    assert found["first"].base == found["last"].base == "docker.io/library/debian:bookworm-slim"


def test_lines_that_go_on(tmp_path: Path) -> None:
    found = stages(written(tmp_path))
    assert found["first"].last("RUN") == "apt-get update && apt-get install --yes this"
    assert found["first"].environment == {"ONE": "1", "TWO": "two words"}
    assert found["last"].words("HEALTHCHECK") == ["true"]
    assert found["last"].words("CMD") == ["serve", "--all"]


def test_what_is_copied(tmp_path: Path) -> None:
    assert stages(written(tmp_path))["last"].copies == [
        Copied("first", ("/made",), "made"),
        Copied(None, ("one", "two"), "/usr/local/bin/", "755"),
    ]


@pytest.mark.parametrize("line", ["ADD https://example.com/x /", "VOLUME /data", "run true"])
def test_what_is_not_understood_is_refused(tmp_path: Path, line: str) -> None:
    file = written(tmp_path, f"FROM debian\n{line}\n")
    with pytest.raises(DockerfileError) as refused:
        stages(file)
    name, _, _ = line.partition(" ")
    assert str(refused.value) == f"{file}: {name!r} is not understood here, in: {line}"
