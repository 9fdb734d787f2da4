"""Runs helm as a subprocess."""
