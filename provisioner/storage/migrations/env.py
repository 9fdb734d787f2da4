"""Alembic's entry point. Alembic runs this file inside the transaction of ``upgrade``."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
