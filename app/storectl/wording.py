"""Turns records of the API into words and columns, without reading or printing anything."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from app.storectl.plan_wording import plan_fact
from app.storectl.tables import columns

Data = dict[str, Any]

MARKS = {"PENDING": "·", "RUNNING": "…", "SUCCEEDED": "✓", "FAILED": "✗", "SKIPPED": "-"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_WORDS = {
    "RESTORE": "Load backup",
    "REPOSITORY": "Prepare backup",
    "SAVE": "Save backup",
    "CHECK": "Check backup",
    "CLOSE": "Close shop",
    "REMOVE": "Remove old shop",
    "STOP": "Stop shop",
    "OPEN": "Open shop",
    "SUSPEND": "Pause",
    "RESUME": "Open again",
    "PREFLIGHT": "Check version",
    "PROBE": "Check shop",
    "PASSWORD": "Set password",
    "RESET_PASSWORD": "New password",
    "EXPAND": "Make volumes larger",
    "PLAN": "Change plan",
}  # whose names alone would not say that they are about a backup, or about the whole shop
_ASIDES = {
    "RESTORE": ", and a backup is being restored in its place",
    "SUSPEND": ", and is being paused",
    "RESUME": ", and is being opened again",
    "RESTART": ", and is being restarted",
    "RESET_PASSWORD": ", and its administrator gets a new password",
    "PLAN": ", and is getting another plan",
}
_COPY = (
    "It is a copy, to try things in: it sends no mail, takes no payments and calls nobody outside."
)
_PAUSED = (
    "It is paused: nothing of it runs, and visitors are told that it is closed for now. What is in"
    " it, its address and its backups are kept."
)


def words(name: str) -> str:
    """Return an enum's name for people, such as "Helm install" for ``HELM_INSTALL``."""
    return _WORDS.get(name) or name.replace("_", " ").capitalize()


def size(bytes_in_all: float) -> str:
    """Return a size with its unit, such as "1.2 GB"."""
    unit = 0
    while bytes_in_all >= _THOUSAND and unit < len(_UNITS) - 1:
        bytes_in_all, unit = bytes_in_all / _THOUSAND, unit + 1
    return f"{bytes_in_all:.1f} {_UNITS[unit]}" if unit else f"{bytes_in_all:.0f} {_UNITS[0]}"


def duration(seconds: float) -> str:
    """Return a time span with its two largest units, such as "3 d 4 h"."""
    # This machine's clock may be behind the service's.
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
    """Return a time of the API as a datetime."""
    return datetime.fromisoformat(text)


def ago(text: str | None, now: datetime | None = None) -> str:
    """Return how long ago a time of the API was, or an empty text for None."""
    if text is None:
        return ""
    return f"{duration(((now or datetime.now(UTC)) - moment(text)).total_seconds())} ago"


def seconds_taken(work: Data, now: datetime | None = None) -> float | None:
    """Return the seconds that a step or an operation took so far; None if it has not begun."""
    if work["startedAt"] is None:
        return None
    end = moment(work["finishedAt"]) if work["finishedAt"] else now or datetime.now(UTC)
    return (end - moment(work["startedAt"])).total_seconds()


def step_line(step: Data, now: datetime | None = None) -> str:
    """Return one line about a step."""
    seconds = seconds_taken(step, now)
    took = "" if seconds is None or step["status"] == "SKIPPED" else duration(seconds)
    line = f"{MARKS.get(step['status'], '?')} {words(step['name']):<16} {took:>11}"
    return f"{line}  {step['message'] or ''}".rstrip()


def quota(used: Data) -> str:
    """Return how many stores a user has, and the limit if there is one."""
    count, limit = used["storesUsed"], used["storesLimit"]
    return f"Stores: {count}" + ("" if limit is None else f" of {limit}")


def is_restoring(store: Data) -> bool:
    """Return whether a backup is being put in the place of the shop, or waits for its turn."""
    return under_way(store) == "RESTORE"


def is_brought_back(store: Data) -> bool:
    """Return whether the platform itself is making a shop what it was, after something failed."""
    return is_restoring(store) and not store["operation"]["askedByName"]


def under_way(store: Data) -> str:
    """Return the kind of the operation that is under way or waits for its turn; "" for none."""
    operation = store.get("operation") or {}
    is_under_way = operation.get("status") in {"QUEUED", "RUNNING"}
    return str(operation.get("kind")) if is_under_way else ""


def aside(store: Data) -> str:
    """Return what is to be said after a store's status, which may not tell what is done with it."""
    if is_brought_back(store):
        return ", and is being brought back as it was"
    if under_way(store) == "UPGRADE":
        return f", and is being upgraded to {store['nextVersion']}"
    return _ASIDES.get(under_way(store), "")


def store_rows(stores: Sequence[Data]) -> list[tuple[str, ...]]:
    """Return a table of stores with its heads; the owners are told if they are not all the same.

    Copies are told apart beside their engine, since their names are for typing.
    """
    owners = {(store["ownerSource"], store["owner"]) for store in stores}
    has_owners = len(owners) > 1
    heads = ("NAME", "STATUS", "ENGINE", *(["OWNER"] * has_owners), "CREATED", "ADDRESS")
    return [
        heads,
        *(
            (store["name"], store["status"], _software(store),
             *([store["ownerName"]] * has_owners), ago(store["createdAt"]), store["url"])
            for store in stores
        ),
    ]  # fmt: skip


def store_lines(store: Data, *, width: int | None = None) -> list[str]:
    """Return the lines that describe a store; its tables are at most ``width`` wide."""
    facts = [
        ("Address", store["url"]),
        ("Admin", store["adminUrl"] or ""),
        ("Engine", f"{store['engine']} {store['engineVersion']}"),
        ("Plan", plan_fact(store.get("plan"))),
        ("Next version", store["nextVersion"] or ""),
        ("Upgrades", _on_offer(store)),
        ("Way back", _way_back(store)),
        ("Title", store["title"] if store["title"] != store["name"] else ""),
        ("Owner", store["ownerName"]),
        ("Created", ago(store["createdAt"])),
        ("Ready since", ago(store["readyAt"]) if store["status"] == "READY" else ""),
        ("Paused since", ago(store["suspendedAt"])),
        ("Place in line", str(store["queuePosition"] or "")),
        ("Id", store["id"]),
    ]
    lines = [f"{store['name']} is {store['status']}{aside(store)}."]
    if store["isCopy"]:
        lines.append(_COPY)
    if store["status"] == "SUSPENDED":
        lines.append(f"{_PAUSED} Open it again with: storectl resume {store['name']}")
    if store["reason"]:
        lines.append(store["reason"]["message"])
    lines += columns([fact for fact in facts if fact[1]], width=width, indent=2)
    if store.get("steps"):
        lines += ["Steps", *(f"  {step_line(step)}" for step in store["steps"])]
    if store.get("pods"):
        rows = [(pod["name"], pod["status"], pod["message"] or "") for pod in store["pods"]]
        lines += ["Pods", *columns(rows, width=width, indent=2)]
    return lines


def _on_offer(store: Data) -> str:
    """Return the versions that a shop can be upgraded to; "" while one is under way."""
    names = ", ".join(version["name"] for version in store.get("upgrades", ()))
    is_kept = store["target"] == "READY" and not store["nextVersion"]
    return f"{names} (see: storectl upgrade {store['name']} --list)" if names and is_kept else ""


def _way_back(store: Data) -> str:
    backup = store.get("wayBack")
    if backup is None or store["target"] != "READY":
        return ""
    what = f"version {backup['engineVersion']} as of {_timestamp(backup['madeAt'])} UTC"
    return f"{what} (see: storectl rollback {store['name']})"


def upgrade_rows(versions: Sequence[Data]) -> list[tuple[str, ...]]:
    """Return a table of the versions that a shop can be upgraded to, with its heads."""
    return [
        ("VERSION", "WHAT IS NEW"),
        *(
            (f"{version['name']} (default)" if version["isDefault"] else version["name"],
             version["whatIsNew"] or "-")
            for version in versions
        ),
    ]  # fmt: skip


def no_upgrade(store: Data) -> str:
    """Return that there is no version that a shop can be upgraded to."""
    software = f"{store['engine']} {store['engineVersion']}"
    return f"{store['name']} has {software}. No version that follows it is on offer."


def upgrade_question(store: Data, version: Data) -> str:
    """Return the question whether a shop is to get another version; it says what that means."""
    new = f" What is new: {version['whatIsNew']}" if version["whatIsNew"] else ""
    return (
        f"{store['name']} gets version {version['name']} in place of {store['engineVersion']}."
        f"{new} Visitors are told that it is closed meanwhile, which takes some minutes. It is"
        " saved as it is before, and brought back if the upgrade fails. Upgrade it?"
    )


def operation_rows(operations: Sequence[Data]) -> list[tuple[str, ...]]:
    """Return a table of a store's operations with its heads."""
    return [
        ("NUMBER", "WHAT", "STATUS", "ASKED BY", "WHEN", "TOOK", "REASON"),
        *(
            (str(item["number"]), _work(item), item["status"],
             item["askedByName"] or "the platform", ago(item["queuedAt"]), _took(item),
             item["reason"]["message"] if item["reason"] else "")
            for item in operations
        ),
    ]  # fmt: skip


def backup_rows(backups: Sequence[Data]) -> list[tuple[str, ...]]:
    """Return a table of a store's backups with its heads.

    Where any was checked, or is being checked, a column says how that went; where any is pinned
    or has a time set, the last one says how long they are kept.
    """
    has_check = any(_checked(item) != "-" for item in backups)
    has_kept = any(_kept(item) for item in backups)
    return [
        ("NUMBER", "MADE AT (UTC)", "SIZE", "CONTENTS", "VERSION",
         *(["CHECKED (UTC)"] * has_check), *(["KEPT"] * has_kept)),
        *(
            (str(item["number"]), _timestamp(item["madeAt"]), size(item["sizeInBytes"]),
             _counts(item), f"{item['engine']} {item['engineVersion']}",
             *([_checked(item)] * has_check), *([_kept(item)] * has_kept))
            for item in backups
        ),
    ]  # fmt: skip


def backup_summary(backup: Data) -> str:
    """Return when a backup was made and what is in it."""
    made_at, counts = f"{_timestamp(backup['madeAt'])} UTC", _counts(backup)
    return f"{made_at}: {counts}" if counts else made_at


def restore_question(name: str, backup: Data, *, is_saved: bool) -> str:
    """Return the question whether a backup is to be put in the place of a shop.

    It says first what is lost.
    """
    lost = _lost(f"{name} becomes what it was", backup, is_saved=is_saved)
    return f"{lost} Restore backup {backup['number']} in its place?"


def rollback_question(store: Data, backup: Data, *, is_saved: bool) -> str:
    """Return the question whether a shop is to be what it was before its upgrade.

    It says first what is lost.
    """
    version = backup["engineVersion"]
    becomes = f"{store['name']} gets version {version} again in place of {store['engineVersion']},"
    lost = _lost(f"{becomes} becomes what it was", backup, is_saved=is_saved)
    return f"{lost} Roll it back to backup {backup['number']}?"


def _lost(becomes: str, backup: Data, *, is_saved: bool) -> str:
    """Return what a shop loses that becomes what it was when a backup was made."""
    more = _numbers(backup["lostByRestore"])
    known = f": {more} up to its newest backup, and all since then" if more else ""
    saved = (
        "It is closed and saved as it is before."
        if is_saved
        else "It is not saved as it is before: what is in no backup is lost for good."
    )
    at = f"{_timestamp(backup['madeAt'])} UTC"
    return f"{becomes} at {at}, and loses what came after that{known}. {saved}"


def pin_line(key: str, backup: Data) -> str:
    """Return how long a backup of a store is kept, now that it was pinned or unpinned."""
    name, summary = f"Backup {backup['number']} of {key}", backup_summary(backup)
    if backup["isPinned"]:
        return f"{name} is kept until you unpin it ({summary})."
    kept = _kept(backup) or "as long as others are"
    return f"{name} is not pinned any more, and is kept {kept} ({summary})."


def check_line(key: str, backup: Data) -> str:
    """Return that a backup of a store is checked, and where to see what comes of it."""
    name, summary = f"Backup {backup['number']} of {key}", backup_summary(backup)
    return (
        f"{name} is being checked: a shop is made of it that nobody sees ({summary}). What comes"
        f" of it: storectl backups {key}"
    )


def _checked(backup: Data) -> str:
    check = backup["check"]
    if check["isUnderWay"]:
        return "now"
    if not check["endedAt"]:
        return "-"
    return f"{'failed' if check['fault'] else 'good'} {_timestamp(check['endedAt'])}"


def check_faults(backups: Sequence[Data]) -> list[str]:
    """Return a sentence on each backup that no shop could be made of."""
    faulty = [item for item in backups if item["check"]["fault"]]
    return [
        f"No shop could be made of backup {item['number']}: {item['check']['fault']}"
        for item in faulty
    ]


def _kept(backup: Data) -> str:
    if backup["isPinned"]:
        return "pinned"
    return f"until {_timestamp(backup['keptUntil'])} UTC" if backup["keptUntil"] else ""


def _software(store: Data) -> str:
    software = f"{store['engine']} {store['engineVersion']}"
    return f"{software} (copy)" if store["isCopy"] else software


def _counts(backup: Data) -> str:
    return _numbers(backup["counts"])


def _numbers(counts: Iterable[Data]) -> str:
    return ", ".join(f"{count['number']} {count['name']}" for count in counts)


def _work(operation: Data) -> str:
    """Return what was done with a store, such as "Create from backup"."""
    given = operation["parameters"] if isinstance(operation["parameters"], dict) else {}
    if operation["kind"] == "RESTORE":
        # The platform itself only ever undoes a restore or an upgrade that has failed.
        if not operation["askedByName"]:
            return "Bring back"
        # `rollbackStore` takes the store's id, and `restoreBackup` that of a backup.
        is_rollback = str(given.get("id", "")).startswith("store_")
        return "Roll back" if is_rollback else "Restore in place"
    if operation["kind"] == "PLAN" and given.get("plan"):
        return f"Change plan to {given['plan']}"
    if operation["kind"] == "UPGRADE" and given.get("version"):
        return f"Upgrade to {given['version']}"
    if "fromBackup" not in given:
        return words(operation["kind"])
    return words(operation["kind"]) + (" copy" if given.get("asCopy") else "") + " from backup"


def _timestamp(text: str) -> str:
    return moment(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _took(operation: Data) -> str:
    seconds = seconds_taken(operation)
    return "" if seconds is None else duration(seconds)


def failure_lines(store: Data, events: Iterable[Data], *, width: int | None = None) -> list[str]:
    """Return the lines that explain a store's status: the reason, output of tools, and events.

    The table of events is at most ``width`` wide.
    """
    lines = [f"{store['name']} is {store['status']}{aside(store)}."]
    if store["reason"]:
        lines += [f"{store['reason']['code']}: {store['reason']['message']}"]
    for step in store["steps"]:
        if step["status"] == "FAILED" or step["output"]:
            why = f": {step['message']}" if step["message"] else ""
            lines += ["", f"{words(step['name'])}, {step['status'].lower()}{why}"]
            lines += [f"  | {line}" for line in (step["output"] or "").splitlines()]
    rows = [
        (_timestamp(event["occurredAt"]), event["subject"],
         event["status"], event["message"] or "")
        for event in events
    ]  # fmt: skip
    return [*lines, "", "Events (times in UTC)", *columns(rows, width=width, indent=2)]
