"""The parts of a real node that can be told without one."""

import hashlib
import json
import tarfile
from pathlib import Path

import msgspec
import pytest

from app.local import real_node
from app.local.cluster import tools
from app.local.cluster.nodes import commands
from app.local.cluster.nodes.layout import NodeLayout
from app.local.images.archive import ImageSettings, add_bytes, write_archive


def test_the_node_is_of_the_control_planes_version() -> None:
    assert tools.version_of(tools.NODE) == tools.version_of(tools.KUBERNETES)


@pytest.fixture
def of_the_ingress(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program is built to learn with what it would be started."""
    monkeypatch.setattr(tools, "ensure", lambda tool: Path("/bin", tool.name))


@pytest.mark.usefixtures("of_the_ingress")
def test_what_no_shop_has_is_led_to_the_platform(tmp_path: Path) -> None:
    node = NodeLayout.create(tmp_path)
    assert node.ports.closed_shops
    assert NodeLayout.find(tmp_path) == node
    line = commands.commands(node, "https://127.0.0.1:6443")["ingress"]
    to = f"http://127.0.0.1:{node.ports.closed_shops}"
    # Without a path, it is tried after every Ingress; and it is what the settings of `make up` say.
    assert f'-inline-routes=closedShops: * -> "{to}"' in line
    assert {
        "STORE_PLATFORM_CLOSED_SHOPS_PORT": str(node.ports.closed_shops),
        "STORE_PLATFORM_CLOSED_SHOPS_HOST": "127.0.0.1",
    }.items() <= real_node.settings(node).items()


@pytest.mark.usefixtures("of_the_ingress")
def test_a_cluster_that_ran_before_there_was_a_port_for_closed_shops(tmp_path: Path) -> None:
    node = NodeLayout.create(tmp_path)
    kept = msgspec.structs.asdict(node.ports)
    del kept["closed_shops"]
    (tmp_path / "node.json").write_bytes(msgspec.json.encode(kept))
    found = NodeLayout.find(tmp_path)
    assert found is not None
    line = commands.commands(found, "https://127.0.0.1:6443")["ingress"]
    assert not any("closedShops" in word for word in line)
    assert real_node.settings(found)["STORE_PLATFORM_CLOSED_SHOPS_PORT"] == "0"


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
