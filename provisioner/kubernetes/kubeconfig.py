"""Resolves a kubeconfig once, so that the service and helm always use the same cluster.

If each of them read the user's files itself, it would follow their *current context* whenever
somebody switches it. With several files in ``KUBECONFIG`` they would even disagree about which file
names the current context: kubernetes-asyncio 36.1 takes the last one, client-go the first. Here the
context is chosen once, by client-go's rules. Everything that belongs to it is copied into a new
document with one cluster, one user, and only absolute paths.
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
    """One context of a kubeconfig with everything that belongs to it, itself a kubeconfig."""

    context: str
    document: Mapping[str, Any]

    def write(self, file: Path) -> None:
        """Write it to a file that only this user can read, because it may contain a token.

        The file is replaced at once, so that a helm that starts meanwhile never reads half of it.
        Raises OSError.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        with suppress(FileNotFoundError):
            draft.unlink()  # left by a process that was killed, and perhaps readable by others
        # O_EXCL: only a file that is created here has these permissions from its first byte.
        descriptor = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR
        )
        with os.fdopen(descriptor, "w") as stream:
            yaml.safe_dump(dict(self.document), stream)
        draft.replace(file)


def read_kubeconfig(kubeconfig: Path | None, context: str | None) -> Kubeconfig:
    """Return the given context of the kubeconfig, or its current context if none is given.

    ``kubeconfig`` may name several files, as ``KUBECONFIG`` may. Without it, the files that
    ``KUBECONFIG`` names are read, or else ``~/.kube/config``. If several files define the same
    name, the first one counts, as for kubectl.

    Raises ConfigurationError when there is no such context, or a file is not a kubeconfig.
    """
    files = list(_files(kubeconfig))
    documents = [(file, _load(file)) for file in files if file.exists()]
    if not documents:
        raise ConfigurationError(f"There is no file {' or '.join(map(str, files))}.")
    name = context or _current(documents)
    found = _entry(documents, "contexts", "context", name, ())
    cluster_name, user_name = found.get("cluster"), found.get("user")
    cluster = _entry(documents, "clusters", "cluster", cluster_name, _CLUSTER_PATHS)
    # A context without a user is no error here; the API server decides whether it needs one.
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
        raise ConfigurationError(f"{file} is not a kubeconfig.")
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
    """Return the entry of this name from the first file that has one, with absolute paths.

    ``kind`` is the list it stands in, such as "clusters", and ``key`` its content's, "cluster".
    A relative path is relative to the file in which it stands.
    """
    for file, document in documents:
        for item in document.get(kind) or ():
            if isinstance(item, dict) and item.get("name") == name:
                content = dict(item.get(key) or {})
                _make_absolute(content, paths, file.parent.absolute())
                # As client-go does it: a plug-in's name without a slash is looked for in PATH.
                if "/" in (content.get("exec") or {}).get("command", ""):
                    content["exec"] = dict(content["exec"])  # the document itself stays as it is
                    _make_absolute(content["exec"], ("command",), file.parent.absolute())
                return content
    raise ConfigurationError(f"It has no {key} named {name!r}.")


def _make_absolute(content: dict[str, Any], names: Sequence[str], folder: Path) -> None:
    for name in names:
        if content.get(name):
            content[name] = str(folder / content[name])


def _user(documents: _Documents, name: object) -> dict[str, Any]:
    return {"name": name, "user": _entry(documents, "users", "user", name, _USER_PATHS)}
