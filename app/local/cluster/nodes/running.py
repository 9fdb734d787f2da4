"""Runs the machine's own commands."""

import subprocess


class CommandError(Exception):
    """A command failed; the message has it and what it said."""


def run(*command: str) -> str:
    """Run a command to its end and return its output. Raises CommandError."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
