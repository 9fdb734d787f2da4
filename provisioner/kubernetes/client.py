"""Loads kubernetes-asyncio's client and configuration without its generated models and APIs.

The library's ``__init__`` files import some 900 generated modules, none of which is used here. They
cost 68 MB of memory and a third of the service's start-up time (36.1 on Python 3.11). So three
packages are put into ``sys.modules`` as empty ones, whose ``__init__`` never runs. The modules in
them are imported as usual. If the library was imported before, nothing is replaced.
"""

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

_LIBRARY = "kubernetes_asyncio"
_HOLLOW = (_LIBRARY, f"{_LIBRARY}.client", f"{_LIBRARY}.client.models")
_USED = (("configuration", "Configuration"), ("api_client", "ApiClient"))
"""Modules of ``client``, each with the class that the library imports from the package itself."""


def _hollow_out() -> None:
    # For a top-level name, find_spec only looks: it does not run the package's ``__init__``.
    spec = find_spec(_LIBRARY)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {_LIBRARY!r}")
    above = Path(spec.submodule_search_locations[0]).parent
    for name in _HOLLOW:
        package = ModuleType(name)
        # ``__path__`` makes the module a package, in which the import system finds submodules.
        package.__path__ = [str(above.joinpath(*name.split(".")))]
        sys.modules[name] = package
        parent, _, last = name.rpartition(".")
        if parent:
            # The import system sets a submodule as an attribute of its parent; here we must.
            setattr(sys.modules[parent], last, package)
    for module, name in _USED:
        found = importlib.import_module(f"{_HOLLOW[1]}.{module}")
        setattr(sys.modules[_HOLLOW[1]], name, getattr(found, name))


if _LIBRARY not in sys.modules:
    _hollow_out()

from kubernetes_asyncio import client, config  # noqa: E402 - only after the packages are emptied

__all__ = ["client", "config"]
