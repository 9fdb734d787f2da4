"""Alembic's entry point: run by ``migrate``, never imported."""

from pathlib import Path

import sqlalchemy as sa
from alembic import context


def _upgrade(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


_upgrade(context.config.attributes["url"])
