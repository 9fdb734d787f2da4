"""Schema migrations (Alembic): forward, on SQLite and PostgreSQL alike."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(url: str) -> None:
    """Bring the database to the newest schema. Blocking: call it before serving, or in a thread."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    command.upgrade(config, "head")
