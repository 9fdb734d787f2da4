"""Keeps the platform's state in SQLite or PostgreSQL, with one module for each kind of record."""
