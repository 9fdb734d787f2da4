"""A kubeconfig is resolved once: by kubectl's rules, and to what helm can be given."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.domain.errors import ConfigurationError
from provisioner.kubernetes.kubeconfig import read_kubeconfig


def write(file: Path, **content: Any) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **content}))
    return file


def named(kind: str, name: str, **content: Any) -> dict[str, Any]:
    return {"name": name, kind: content}


def two_contexts(file: Path, current: str, *, server: str = "https://one:6443") -> Path:
    return write(
        file,
        **{"current-context": current},
        clusters=[
            named("cluster", "one", server=server),
            named("cluster", "two", server="https://two:6443"),
        ],
        users=[named("user", "me", token="secret")],
        contexts=[
            named("context", "one", cluster="one", user="me", namespace="mine"),
            named("context", "two", cluster="two", user="me"),
        ],
    )


def server_of(found: Any) -> str:
    (cluster,) = found.document["clusters"]
    return str(cluster["cluster"]["server"])


def test_the_current_context_and_nothing_else(tmp_path: Path) -> None:
    found = read_kubeconfig(two_contexts(tmp_path / "config", "one"), None)
    assert found.context == "one"
    assert found.document == {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": [named("cluster", "one", server="https://one:6443")],
        "users": [named("user", "me", token="secret")],
        "contexts": [named("context", "one", cluster="one", user="me", namespace="mine")],
    }


def test_a_context_that_is_asked_for(tmp_path: Path) -> None:
    found = read_kubeconfig(two_contexts(tmp_path / "config", "one"), "two")
    assert (found.context, server_of(found)) == ("two", "https://two:6443")


def test_of_several_files_the_first_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(tmp_path / "first", **{"current-context": "two"})
    second = two_contexts(tmp_path / "second", "one")
    third = two_contexts(tmp_path / "third", "one", server="https://third:6443")
    files = [first, tmp_path / "missing", second, third]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)))
    found = read_kubeconfig(None, None)
    assert (found.context, server_of(found)) == ("two", "https://two:6443")
    assert server_of(read_kubeconfig(None, "one")) == "https://one:6443"

    monkeypatch.delenv("KUBECONFIG")
    given = Path(os.pathsep.join(map(str, files)))  # as `make up` hands on what the user has set
    assert read_kubeconfig(given, None) == found


def test_the_users_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    two_contexts(tmp_path / ".kube" / "config", "two")
    assert read_kubeconfig(None, None).context == "two"


def test_paths_are_those_of_the_file_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path / "folder" / "config",
        **{"current-context": "it"},
        clusters=[
            named("cluster", "it", server="https://it", **{"certificate-authority": "pki/ca.crt"})
        ],
        users=[
            named(
                "user",
                "it",
                **{"client-certificate": "/etc/me.crt", "client-key": "me.key"},
                tokenFile="token",
                exec={"command": "./plug-in", "args": ["a/b"]},
            )
        ],
        contexts=[named("context", "it", cluster="it", user="it")],
    )
    monkeypatch.chdir(tmp_path)
    document = read_kubeconfig(Path("folder/config"), None).document
    assert document["clusters"][0]["cluster"]["certificate-authority"] == (
        f"{tmp_path}/folder/pki/ca.crt"
    )
    assert document["users"][0]["user"] == {
        "client-certificate": "/etc/me.crt",
        "client-key": f"{tmp_path}/folder/me.key",
        "tokenFile": f"{tmp_path}/folder/token",
        "exec": {"command": f"{tmp_path}/folder/plug-in", "args": ["a/b"]},
    }


def test_a_plug_in_without_a_path_is_looked_for_in_path(tmp_path: Path) -> None:
    file = write(
        tmp_path / "config",
        **{"current-context": "it"},
        clusters=[named("cluster", "it", server="https://it")],
        users=[named("user", "it", exec={"command": "aws"})],
        contexts=[named("context", "it", cluster="it", user="it")],
    )
    (user,) = read_kubeconfig(file, None).document["users"]
    assert user["user"]["exec"] == {"command": "aws"}


@pytest.mark.parametrize(
    ("content", "context", "problem"),
    [
        ({}, None, "It has no current context; set STORE_PLATFORM_KUBE_CONTEXT to the one to use."),
        ({"current-context": "gone"}, None, "It has no context named 'gone'."),
        ({}, "gone", "It has no context named 'gone'."),
        ({"contexts": [named("context", "c", cluster="x")]}, "c", "It has no cluster named 'x'."),
        (
            {"contexts": [named("context", "c", cluster="x")], "clusters": [{"name": "x"}]},
            "c",
            "Its cluster 'x' has no `server`.",
        ),
        (
            {
                "contexts": [named("context", "c", cluster="x", user="u")],
                "clusters": [named("cluster", "x", server="https://x")],
            },
            "c",
            "It has no user named 'u'.",
        ),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, content: dict[str, Any], context: str | None, problem: str
) -> None:
    file = write(tmp_path / "config", **content)
    with pytest.raises(ConfigurationError) as refused:
        read_kubeconfig(file, context)
    assert str(refused.value) == problem


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_kubeconfig(tmp_path / "config", None)
    assert str(refused.value) == f"There is no file {tmp_path}/config."


def test_it_is_written_for_nobody_else(tmp_path: Path) -> None:
    found = read_kubeconfig(two_contexts(tmp_path / "config", "one"), None)
    file = tmp_path / "state" / "kubeconfig"
    found.write(file)
    found.write(file)
    assert yaml.safe_load(file.read_text()) == found.document
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [item.name for item in file.parent.iterdir()] == ["kubeconfig"]
    assert read_kubeconfig(file, None) == found
