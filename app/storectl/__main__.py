"""``python -m app.storectl``."""

from app.storectl.cli import main

main()
