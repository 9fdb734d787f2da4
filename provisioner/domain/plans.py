"""Which of an engine's plans its new stores have: its chart's own, or the operator's choice.

A plan is a value of the chart, ``plan``, that stands for CPU, memory and storage.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from provisioner.domain.errors import ConfigurationError


class _Values(msgspec.Struct):
    """What is read of a file with Helm values; there may be anything else in it."""

    plan: str | None = None


def chosen_plan(files: Iterable[Path]) -> str | None:
    """Return the plan that the last of the files names which names one, or None.

    Raises ConfigurationError, which names the file.
    """
    plan = None
    for file in files:
        try:
            found = msgspec.yaml.decode(file.read_bytes() or b"{}", type=_Values | None)
        except OSError as error:
            raise ConfigurationError(f"{file}: cannot be read ({error.strerror}).") from error
        except msgspec.DecodeError as error:
            raise ConfigurationError(f"{file}: {error}.") from error
        if found is not None and found.plan is not None:
            plan = found.plan
    return plan
