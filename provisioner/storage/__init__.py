"""The state in SQL, on SQLite and PostgreSQL: one module for each kind of record."""
