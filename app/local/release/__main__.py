"""``python -m app.local.release version X.Y.Z``."""

import argparse
import sys
from pathlib import Path

from app.local.cluster.progress import say
from app.local.release.errors import ReleaseError
from app.local.release.version import set_version

_ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    """Return the exit code: 0 done, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m app.local.release", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("version", help="write the version everywhere").add_argument("version")
    arguments = parser.parse_args()
    try:
        set_version(_ROOT, arguments.version)
    except ReleaseError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
