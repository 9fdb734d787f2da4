"""A replica of the prototype: ``python -m tests.experiments.clusters.serve NAME=KUBECONFIG …``."""

import sys
from pathlib import Path

from app.cli.main import serve
from tests.experiments.clusters.prototype import in_place

if __name__ == "__main__":
    named = (argument.partition("=") for argument in sys.argv[1:])
    with in_place({name: Path(file) for name, _, file in named}):
        serve()
