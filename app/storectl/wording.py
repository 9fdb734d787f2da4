"""Records of the API put into words and columns. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from app.storectl.tables import columns

Data = dict[str, Any]

MARKS = {"PENDING": "·", "RUNNING": "…", "SUCCEEDED": "✓", "FAILED": "✗", "SKIPPED": "-"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def words(name: str) -> str:
    """Return an enum's name for people: ``HELM_INSTALL`` is "Helm install"."""
    return name.replace("_", " ").capitalize()


def duration(seconds: float) -> str:
    """Return a time span, as exact as anybody cares."""
    seconds = max(seconds, 0.0)
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    whole = int(seconds)
    for unit, name, below, below_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // below
            return f"{whole // unit} {name}" + (f" {rest} {below_name}" if rest else "")
    return f"{whole} s"


def moment(text: str) -> datetime:
    """Return the API's time as a datetime."""
    return datetime.fromisoformat(text)


def ago(text: str | None, now: datetime | None = None) -> str:
    """Return how long ago a time of the API's was."""
    if text is None:
        return ""
    return f"{duration(((now or datetime.now(UTC)) - moment(text)).total_seconds())} ago"


def step_seconds(step: Data, now: datetime | None = None) -> float | None:
    """Return how long a step took, or has taken so far; None before it began."""
    if step["startedAt"] is None:
        return None
    end = moment(step["finishedAt"]) if step["finishedAt"] else now or datetime.now(UTC)
    return (end - moment(step["startedAt"])).total_seconds()


def step_line(step: Data, now: datetime | None = None) -> str:
    """Return one line about a step."""
    seconds = step_seconds(step, now)
    took = "" if seconds is None or step["status"] == "SKIPPED" else duration(seconds)
    line = f"{MARKS.get(step['status'], '?')} {words(step['name']):<16} {took:>11}"
    return f"{line}  {step['message'] or ''}".rstrip()


def quota(used: Data) -> str:
    """Return how many stores somebody has and may have."""
    count, limit = used["storesUsed"], used["storesLimit"]
    return f"Stores: {count}" + ("" if limit is None else f" of {limit}")


def store_lines(store: Data, *, width: int | None = None) -> list[str]:
    """Return what there is to know of a store, line by line; tables have ``width`` at most."""
    facts = [
        ("Address", store["url"]),
        ("Admin", store["adminUrl"] or ""),
        ("Engine", f"{store['engine']} {store['engineVersion']}"),
        ("Owner", store["ownerName"]),
        ("Asked for", ago(store["createdAt"])),
        ("Ready since", ago(store["readyAt"]) if store["status"] == "READY" else ""),
        ("Place in line", str(store["queuePosition"] or "")),
        ("Id", store["id"]),
    ]
    lines = [f"{store['name']} is {store['status']}."]
    if store["reason"]:
        lines.append(store["reason"]["message"])
    lines += columns([fact for fact in facts if fact[1]], width=width, indent=2)
    if store.get("steps"):
        lines += ["Steps", *(f"  {step_line(step)}" for step in store["steps"])]
    if store.get("pods"):
        rows = [(pod["name"], pod["status"], pod["message"] or "") for pod in store["pods"]]
        lines += ["Pods", *columns(rows, width=width, indent=2)]
    return lines


def failure_lines(store: Data, events: Iterable[Data], *, width: int | None = None) -> list[str]:
    """Return why a store is as it is: the reason, what tools said, and what happened.

    The table of events has ``width`` at most.
    """
    lines = [f"{store['name']} is {store['status']}."]
    if store["reason"]:
        lines += [f"{store['reason']['code']}: {store['reason']['message']}"]
    for step in store["steps"]:
        if step["status"] == "FAILED" or step["output"]:
            why = f": {step['message']}" if step["message"] else ""
            lines += ["", f"{words(step['name'])}, {step['status'].lower()}{why}"]
            lines += [f"  | {line}" for line in (step["output"] or "").splitlines()]
    rows = [
        (moment(event["occurredAt"]).strftime("%Y-%m-%d %H:%M:%S"), event["subject"],
         event["status"], event["message"] or "")
        for event in events
    ]  # fmt: skip
    return [*lines, "", "Events (times in UTC)", *columns(rows, width=width, indent=2)]
