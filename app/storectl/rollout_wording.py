"""Turns rollouts of the API into words and columns, without reading or printing anything."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.storectl.wording import Data, ago

_WORDS = {
    "RUNNING": "being upgraded",
    "PENDING": "waiting",
    "FAILED": "failed",
    "SKIPPED": "passed over",
}


def shops(number: int) -> str:
    """Return a number of shops, such as "1 shop"."""
    return "1 shop" if number == 1 else f"{number} shops"


def numbers(counted: Mapping[str, Any]) -> dict[str, int]:
    """Return how many shops of a rollout or a plan have each status."""
    return {item["status"]: item["count"] for item in counted["counts"]}


def counts(counted: Mapping[str, Any]) -> str:
    """Return how far a rollout has come, such as "3 of 6 upgraded, 2 being upgraded"."""
    found = numbers(counted)
    others = [f"{found[name]} {said}" for name, said in _WORDS.items() if found.get(name)]
    done = f"{found.get('SUCCEEDED', 0)} of {sum(found.values())} upgraded"
    return ", ".join([done, *others])


def terms(given: Mapping[str, Any], number: int) -> str:
    """Return what a rollout of so many shops does, without a verb."""
    first = f"first {given['canaries']} of them, then " if given["canaries"] else ""
    return (
        f"{shops(number)} of {given['engine']} to version {given['version']}, {first}at most"
        f" {given['parallel']} at a time"
    )


def title(rollout: Data) -> str:
    """Return the line that says what a rollout is."""
    number = sum(numbers(rollout).values())
    return f"Rollout {rollout['id']} upgrades {terms(rollout, number)}."


def state(rollout: Data) -> str:
    """Return the line that says how far a rollout has come."""
    return f"{rollout['status']}: {counts(rollout)}."


def plan_rows(plan: Data) -> list[tuple[str, ...]]:
    """Return a table of the shops of a plan with its heads."""
    return [
        ("SHOP", "VERSION", "UPGRADED", "WHY NOT"),
        *(
            (shop["storeName"], shop["formerVersion"],
             "no" if shop["status"] == "SKIPPED" else "yes", shop["message"] or "")
            for shop in plan["stores"]
        ),
    ]  # fmt: skip


def plan_summary(plan: Data, version: str) -> list[str]:
    """Return the lines below the table of a plan."""
    found = numbers(plan)
    would, not_ = found.get("PENDING", 0), found.get("SKIPPED", 0)
    unnamed = sum(found.values()) - len(plan["stores"])
    more = [f"{shops(unnamed)} more, which the table does not have."] if unnamed > 0 else []
    return [*more, f"{shops(would)} would be upgraded to {version}, {not_} would not."]


def failed_rows(turns: Sequence[Data]) -> list[tuple[str, ...]]:
    """Return a table of the shops that have no new version, with its heads; empty if all have."""
    left = [turn for turn in turns if turn["status"] in {"FAILED", "SKIPPED"}]
    rows = [(turn["storeName"], _WORDS[turn["status"]], turn["message"] or "") for turn in left]
    return [("SHOP", "UPGRADE", "WHY"), *rows] if rows else []


def rollout_rows(rollouts: Sequence[Data]) -> list[tuple[str, ...]]:
    """Return a table of rollouts with its heads."""
    return [
        ("ID", "STATUS", "ENGINE", "VERSION", "SHOPS", "ASKED BY", "BEGUN"),
        *(
            (item["id"], item["status"], item["engine"], item["version"], counts(item),
             item["askedBy"] or "", ago(item["createdAt"]))
            for item in rollouts
        ),
    ]  # fmt: skip
