"""Plans: how much of the cluster a shop asks for, by a name that a merchant chooses.

A plan is a value of the chart, ``plan``, that stands for CPU, memory and storage. Which one a new
store has that names none is its chart's own choice, or the operator's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec

from provisioner.domain.errors import ConfigurationError
from provisioner.domain.quantities import amount_of


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of an engine.

    ``resources`` are what a store of it asks for in all: ``cpu``, ``memory`` and ``storage`` as
    Kubernetes writes them. ``description`` says to merchants what that means to them; "" if nobody
    wrote it. ``price`` is the operator's text, which is shown as it is and never computed with.
    ``is_default``: a new store has it that names no other.
    """

    name: str
    resources: Mapping[str, str]
    description: str = ""
    is_default: bool = False
    price: str | None = None

    @property
    def storage(self) -> Decimal:
        """The bytes of all its volumes; 0 if the plan does not say."""
        return amount_of(self.resources.get("storage", "")) or Decimal()


class PlanInFile(msgspec.Struct, forbid_unknown_fields=True):
    """A plan as ``engine.yaml`` describes it."""

    cpu: str | int | float = 0
    memory: str | int | float = 0
    storage: str | int | float = 0
    description: Annotated[str, msgspec.Meta(max_length=500)] = ""


def read_plans(
    found: Mapping[str, PlanInFile], file: Path, values_files: Iterable[Path]
) -> tuple[Plan, ...]:
    """Return the plans in a file, of which the chart's or the operator's values say the default.

    Raises ConfigurationError, which names the file.
    """
    if not found:
        return ()
    chosen = chosen_plan(values_files)
    if chosen not in found:
        raise ConfigurationError(
            f"{file}: the chart's values or the operator's set `plan` to {chosen!r}, which is none"
            f" of `plans`: {', '.join(found)}."
        )
    plans = []
    for name, plan in found.items():
        resources = {"cpu": plan.cpu, "memory": plan.memory, "storage": plan.storage}
        for key, quantity in resources.items():
            if amount_of(str(quantity)) is None:
                message = f"`plans.{name}.{key}` is {quantity!r}, which is no quantity"
                raise ConfigurationError(f"{file}: {message} such as 500m or 5Gi.")
        written = {key: str(quantity) for key, quantity in resources.items()}
        plans.append(Plan(name, written, plan.description, is_default=name == chosen))
    return tuple(plans)


def wrong_price(
    prices: Mapping[str, Mapping[str, str]], engines: Mapping[str, Sequence[Plan]]
) -> str | None:
    """Return of which engine or plan a price is that does not exist, or None."""
    for name, texts in prices.items():
        if name not in engines:
            return f"the engine {name}, which does not exist"
        for plan in texts:
            if all(item.name != plan for item in engines[name]):
                offered = plan_names(engines[name])
                return f"the plan {plan} of {name}, which is none of its plans: {offered}"
    return None


def priced(plans: Iterable[Plan], prices: Mapping[str, str]) -> tuple[Plan, ...]:
    """Return plans with the operator's texts of what they cost."""
    return tuple(replace(plan, price=prices.get(plan.name)) for plan in plans)


def plan_names(plans: Iterable[Plan]) -> str:
    """Return the names of plans for a sentence."""
    return ", ".join(plan.name for plan in plans)


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
