"""Starts storectl, as ``python -m app.storectl`` or as the command ``storectl``."""

import sys


def main() -> None:
    """Run storectl."""
    try:
        # Imported here, because it takes a moment in which Ctrl-C may come.
        from app.storectl.cli import main as run  # noqa: PLC0415
    except KeyboardInterrupt:  # ``ending``, which handles it otherwise, may not be imported yet
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
