"""Resolves a kubeconfig once, so that the API and helm always mean the same cluster.

Each of them on its own would read the user's files whenever it likes, and follow their *current
context* to wherever somebody has switched it meanwhile; with several files in ``KUBECONFIG`` they
even disagree about which of them says what is current (kubernetes-asyncio 36.1 takes the last,
client-go the first). Here the context is chosen once, by client-go's rules, and what belongs to it
is read into a document of its own: one cluster, one user, every path absolute.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from provisioner.domain.errors import ConfigurationError

_DEFAULT = Path(".kube") / "config"
_CLUSTER_PATHS = ("certificate-authority",)
_USER_PATHS = ("client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One context of a kubeconfig and all that belongs to it, in the form of a kubeconfig."""

    context: str
    document: Mapping[str, Any]

    def write(self, file: Path) -> None:
        """Write it to a private file, whole or not at all: it may hold a token."""
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        with suppress(FileNotFoundError):
            draft.unlink()  # left by a process that was killed, and perhaps not private
        descriptor = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR
        )
        with os.fdopen(descriptor, "w") as stream:
            yaml.safe_dump(dict(self.document), stream)
        draft.replace(file)


def read_kubeconfig(kubeconfig: Path | None, context: str | None) -> Kubeconfig:
    """Return the given context, or else the current one, of the kubeconfig.

    ``kubeconfig`` may name several files, as ``KUBECONFIG`` may; without it the user's own is read:
    what ``KUBECONFIG`` names, or ``~/.kube/config``. Of what several files name alike the first
    counts, as for kubectl.
    Raises ConfigurationError when there is no such context, or the files are no kubeconfig.
    """
    files = list(_files(kubeconfig))
    documents = [(file, _load(file)) for file in files if file.exists()]
    if not documents:
        raise ConfigurationError(f"There is no file {' or '.join(map(str, files))}.")
    name = context or _current(documents)
    found = _entry(documents, "contexts", "context", name, ())
    cluster_name, user_name = found.get("cluster"), found.get("user")
    cluster = _entry(documents, "clusters", "cluster", cluster_name, _CLUSTER_PATHS)
    users = [] if user_name is None else [_user(documents, user_name)]
    if not cluster.get("server"):
        raise ConfigurationError(f"Its cluster {cluster_name!r} has no `server`.")
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": found}],
        "clusters": [{"name": cluster_name, "cluster": cluster}],
        "users": users,
    }
    return Kubeconfig(name, document)


def _files(kubeconfig: Path | None) -> Iterator[Path]:
    named = str(kubeconfig or "") or os.environ.get("KUBECONFIG")
    if not named:
        yield Path.home() / _DEFAULT
        return
    yield from (Path(part).expanduser() for part in named.split(os.pathsep) if part)


def _load(file: Path) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text())
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file} is no kubeconfig.")
    return content


_Documents = Sequence[tuple[Path, Mapping[str, Any]]]


def _current(documents: _Documents) -> str:
    for _, document in documents:
        if name := document.get("current-context"):
            return str(name)
    raise ConfigurationError(
        "It has no current context; set STORE_PLATFORM_KUBE_CONTEXT to the one to use."
    )


def _entry(
    documents: _Documents, kind: str, key: str, name: object, paths: Sequence[str]
) -> dict[str, Any]:
    """Return what the first file that knows the name says of it, relative paths made absolute."""
    for file, document in documents:
        for item in document.get(kind) or ():
            if isinstance(item, dict) and item.get("name") == name:
                content = dict(item.get(key) or {})
                _make_absolute(content, paths, file.parent.absolute())
                if "/" in (content.get("exec") or {}).get("command", ""):  # else PATH is searched
                    content["exec"] = dict(content["exec"])
                    _make_absolute(content["exec"], ("command",), file.parent.absolute())
                return content
    raise ConfigurationError(f"It has no {key} named {name!r}.")


def _make_absolute(content: dict[str, Any], names: Sequence[str], folder: Path) -> None:
    for name in names:
        if content.get(name):
            content[name] = str(folder / content[name])


def _user(documents: _Documents, name: object) -> dict[str, Any]:
    return {"name": name, "user": _entry(documents, "users", "user", name, _USER_PATHS)}
