"""Runs the command line of the service, for ``python -m app``."""

from app.cli.main import main

main()
