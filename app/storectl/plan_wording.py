"""Puts engines and plans into words."""

from collections.abc import Sequence
from typing import Any

from app.storectl.tables import columns

Data = dict[str, Any]


def engine_lines(engines: Sequence[Data], *, width: int | None = None) -> list[str]:
    """Return the lines that describe engines, each with its plans; tables are ``width`` wide."""
    lines = []
    for engine in engines:
        lines.append(f"{engine['name']}: {engine['description']}")
        if not engine["isAvailable"]:
            lines.append(f"  Not available here: {engine['unavailableReason']}")
        if engine["plans"]:
            lines += columns(plan_rows(engine["plans"]), width=width, indent=2)
    return lines or ["The platform has no engines."]


def plan_rows(plans: Sequence[Data]) -> list[tuple[str, ...]]:
    """Return a table of plans with its heads; prices are told if there are any."""
    has_prices = any(plan["price"] for plan in plans)
    return [
        ("PLAN", *(["PRICE"] * has_prices), "WHAT IT MEANS"),
        *(
            (f"{plan['name']} (default)" if plan["isDefault"] else plan["name"],
             *([plan["price"] or "-"] * has_prices), plan["description"] or "-")
            for plan in plans
        ),
    ]  # fmt: skip


_WAYS = {
    "IN_PLACE": "in place",
    "EXPANDS": "in place, with larger volumes",
    "BY_BACKUP": "by a backup, into a new shop",
}


def change_rows(store: Data) -> list[tuple[str, ...]]:
    """Return a table of the plan that a shop has and those that it can get, with its heads."""
    own = store["plan"]
    rows = [
        (offer["plan"]["name"], _WAYS.get(offer["way"], offer["way"]),
         offer["plan"]["description"] or "-")
        for offer in store["planChanges"]
    ]  # fmt: skip
    if own is not None:
        rows.insert(0, (own["name"], "it has this plan", own["description"] or "-"))
    return [("PLAN", "HOW", "WHAT IT MEANS"), *rows]


def change_question(name: str, offer: Data) -> str:
    """Return the question whether a shop is to get another plan; it says what that means."""
    plan = offer["plan"]
    price = f" ({plan['price']})" if plan["price"] else ""
    return f"{name} gets the plan {plan['name']}{price}. {offer['message']} Change it?"


def plan_fact(plan: Data | None) -> str:
    """Return a store's plan with its price, if it has one; "" for a store without a plan."""
    if plan is None:
        return ""
    return f"{plan['name']} ({plan['price']})" if plan["price"] else str(plan["name"])
