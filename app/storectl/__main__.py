"""``python -m app.storectl``, and the command ``storectl``."""

import sys


def main() -> None:
    """Run storectl."""
    try:
        from app.storectl.cli import main as run  # noqa: PLC0415 - it takes a moment
    except KeyboardInterrupt:  # before there is anything that could be told of it
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
