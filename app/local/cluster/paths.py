"""Where things are kept outside the repository: binaries per version, and running clusters."""

import os
from pathlib import Path

GO_MODULES = Path(__file__).parent / "go"
NODE_VALUES = Path(__file__).parent / "nodes" / "values"
"""Helm values by engine, as STORE_PLATFORM_CHART_VALUES takes them, for stores on a real node."""


def cache() -> Path:
    """Return the folder of built binaries (STORE_PLATFORM_CACHE, else the user's cache)."""
    named = os.environ.get("STORE_PLATFORM_CACHE")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "store-platform"


def cluster_state(name: str) -> Path:
    """Return the folder of one cluster's data, logs and kubeconfig."""
    return cache() / "clusters" / name
