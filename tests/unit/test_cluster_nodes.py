"""The parts of a real node that can be told without one."""

import hashlib
import json
import tarfile
from pathlib import Path

from app.local.cluster import tools
from app.local.images.archive import ImageSettings, add_bytes, write_archive


def test_the_node_is_of_the_control_planes_version() -> None:
    assert tools.version_of(tools.NODE) == tools.version_of(tools.KUBERNETES)


def test_an_image_names_its_layers_by_what_is_in_them(tmp_path: Path) -> None:
    layers = [tmp_path / "base.tar", tmp_path / "files.tar"]
    for layer in layers:
        with tarfile.open(layer, "w") as tar:
            add_bytes(tar, "etc/name", layer.name.encode(), mode=0o755)

    archive = tmp_path / "image.tar"
    settings = ImageSettings(command=("serve",), user="33")
    write_archive(archive, layers, reference="localhost/shop:1", settings=settings)

    with tarfile.open(archive) as tar:
        files = {name: _content(tar, name) for name in tar.getnames()}
    (manifest,) = json.loads(files["manifest.json"])
    configuration = json.loads(files[manifest["Config"]])
    assert manifest["RepoTags"] == ["localhost/shop:1"]
    assert [files[name] for name in manifest["Layers"]] == [layer.read_bytes() for layer in layers]
    assert configuration["rootfs"]["diff_ids"] == [
        f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}" for layer in layers
    ]
    assert configuration["config"]["Cmd"] == ["serve"]
    assert configuration["config"]["User"] == "33"


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()
