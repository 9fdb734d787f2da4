"""Images without Docker: a Dockerfile's own instructions, carried out in a file system."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from app.local.images import building
from app.local.images.archive import ImageError, ImageSettings
from app.local.images.bases import Base
from app.local.images.building import Recipe, ensure_image

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("dpkg"), reason="needs Debian, and root"
)

PROGRAMS = ("sh", "env", "mkdir", "cat", "rm", "mv")
DOCKERFILE = """FROM tiny AS builder
WORKDIR /work
ARG WORD=hello
COPY words words
RUN cat words/one > made && echo "$WORD" >> made && rm /etc/old

FROM tiny AS server
ENV ROOM=/srv PATH=/opt/bin:$PATH
WORKDIR ${ROOM}/shop
COPY --from=builder /work/made ./
COPY --chmod=755 start /usr/local/bin/
RUN rm -r /etc/folder && mkdir /etc/folder && echo new > /etc/folder/new && rm /etc/old
USER 1000:1000
STOPSIGNAL SIGINT
ENTRYPOINT ["start"]
CMD ["--all"]
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A build on a base of the machine's own shell."""
    tiny = tmp_path / "tiny"
    tiny_system(tiny)
    settings = ImageSettings(environment={"PATH": "/usr/bin:/bin"})
    monkeypatch.setattr(building, "base", lambda _: Base((tiny,), settings))
    monkeypatch.setenv("STORE_PLATFORM_CACHE", str(tmp_path / "cache"))
    context = tmp_path / "context"
    (context / "words").mkdir(parents=True)
    (context / "words" / "one").write_text("one\n")
    (context / "start").write_text("#!/bin/sh\n")
    (context / "Dockerfile").write_text(DOCKERFILE)
    return Recipe("localhost/shop:1", context / "Dockerfile", context, "server", 0.001)


def tiny_system(folder: Path) -> None:
    """Make a file system in which a shell runs: the machine's, with its libraries."""
    for name in ("etc/folder", "dev", "proc", "run", "usr/bin", "usr/local/bin"):
        (folder / name).mkdir(parents=True)
    for name in ("resolv.conf", "hosts", "old", "folder/old"):
        (folder / "etc" / name).touch()
    for name in PROGRAMS:
        program = Path(str(shutil.which(name))).resolve()
        shutil.copy(program, folder / "usr" / "bin" / name)
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
        for word in listed.stdout.split():
            if word.startswith("/"):
                place = folder / word[1:]
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(word).resolve(), place)
    (folder / "bin").symlink_to("usr/bin")


def files(archive: Path) -> tuple[dict[str, str], dict[str, object]]:
    """Return the content of the upper layer's files, and how the image is run."""
    with tarfile.open(archive) as image:
        (manifest,) = json.load(image.extractfile("manifest.json"))  # type: ignore[arg-type]
        run: dict[str, object] = json.load(image.extractfile("config.json"))["config"]  # type: ignore[arg-type]
        with tarfile.open(fileobj=image.extractfile(manifest["Layers"][-1])) as layer:
            found = {
                entry.name: layer.extractfile(entry).read().decode()  # type: ignore[union-attr]
                for entry in layer
                if entry.isreg()
            }
    return found, run


def test_the_image_is_what_the_dockerfile_says(recipe: Recipe) -> None:
    found, run = files(ensure_image(recipe))
    assert found == {
        "srv/shop/made": "one\nhello\n",
        "usr/local/bin/start": "#!/bin/sh\n",
        "etc/.wh.old": "",
        "etc/folder/.wh..wh..opq": "",
        "etc/folder/new": "new\n",
    }
    assert run == {
        "Cmd": ["--all"],
        "Entrypoint": ["start"],
        "Env": ["PATH=/opt/bin:/usr/bin:/bin", "ROOM=/srv"],
        "StopSignal": "SIGINT",
        "User": "1000:1000",
        "WorkingDir": "/srv/shop",
    }


def test_nothing_stays_mounted(recipe: Recipe) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    ensure_image(recipe)
    assert Path("/proc/self/mountinfo").read_text() == before


def test_what_was_made_of_the_same_files_is_kept(
    recipe: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ensure_image(recipe)
    capsys.readouterr()
    assert ensure_image(recipe) == first
    assert capsys.readouterr().err == ""


def test_a_change_of_one_stage_leaves_the_other(
    recipe: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ensure_image(recipe)
    (recipe.context / "start").write_text("#!/bin/sh\necho anew\n")
    capsys.readouterr()
    second = ensure_image(recipe)
    assert second != first
    said = capsys.readouterr().err
    assert "COPY --chmod=755 start" in said
    assert "cat words/one" not in said
    (recipe.context / "words" / "two").touch()
    assert ensure_image(recipe) not in (first, second)
    assert "cat words/one" in capsys.readouterr().err


def test_a_command_that_fails_is_told_and_nothing_is_kept(recipe: Recipe) -> None:
    text = DOCKERFILE.replace("cat words/one", "cat words/none")
    recipe.dockerfile.write_text(text)
    with pytest.raises(ImageError) as told:
        ensure_image(recipe)
    assert str(told.value).startswith("RUN cat words/none > made")
    assert "words/none: No such file or directory" in str(told.value)
    kept = [item.name for item in (Path(os.environ["STORE_PLATFORM_CACHE"]) / "images").iterdir()]
    assert all(name.endswith(".lock") for name in kept)


def test_a_file_that_is_not_there(recipe: Recipe) -> None:
    shutil.rmtree(recipe.context / "words")
    with pytest.raises(ImageError, match="COPY of words: there is no"):
        ensure_image(recipe)


def test_a_command_of_somebody_elses_is_refused(recipe: Recipe) -> None:
    recipe.dockerfile.write_text(DOCKERFILE + "RUN true\n")
    with pytest.raises(ImageError, match="RUN after USER is not understood here"):
        ensure_image(recipe)
