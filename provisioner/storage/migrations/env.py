"""Alembic's entry point: run by ``migrate``, inside its transaction; never imported."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
