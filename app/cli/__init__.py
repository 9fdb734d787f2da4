"""Contains the operator's command line: ``python -m app …``."""
