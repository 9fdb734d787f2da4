"""Follows what the platform undoes by itself if it fails: a restore in place, and an upgrade.

Such work is followed operation by operation. Where it fails, another operation has begun in the
same moment, for which nobody has asked: the RESTORE that brings the shop back as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.storectl import terminal
from app.storectl.api import Api
from app.storectl.errors import RefusedError
from app.storectl.following import Remark, follow, way_in, why
from app.storectl.wording import Data, is_brought_back, is_restoring, under_way


@dataclass(frozen=True, slots=True)
class _Followed:
    """A store in its last state, what was asked for, and what was done after that."""

    store: Data
    asked: Data | None
    following: Data | None


async def until_restored(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a backup that is put in the place of a shop. Raises RefusedError if it is not done.

    That is raised only when the shop is back as it was, or could not be brought back either.
    """
    name = store["name"]
    done = await _followed(api, store, until=restore_ended, as_json=as_json)
    asked = _succeeded(
        done,
        failed=f"The backup was not restored in place of {name}.",
        unseen=f"The backup was not seen to be restored in place of {name}",
    )
    if not as_json:
        terminal.say(f"{name} is restored.{_saved(asked)} {await way_in(api, done.store)}")


async def until_rolled_back(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a shop that becomes what it was before its upgrade, as ``until_restored`` does."""
    name = store["name"]
    done = await _followed(api, store, until=restore_ended, as_json=as_json)
    asked = _succeeded(
        done, failed=f"{name} was not rolled back.", unseen=f"{name} was not seen to be rolled back"
    )
    if not as_json:
        back = f"{name} is back at version {done.store['engineVersion']}."
        terminal.say(f"{back}{_saved(asked)} {await way_in(api, done.store)}")


async def until_upgraded(api: Api, store: Data, *, as_json: bool) -> None:
    """Follow a shop that gets another version. Raises RefusedError if it does not get it.

    That is raised only when the shop is open as before, is back as it was, or could not be brought
    back either. That it is being brought back is told before.
    """
    name, version = store["name"], store["nextVersion"]
    done = await _followed(
        api, store, until=upgrade_ended, as_json=as_json, remark=_on_failure(api, store)
    )
    asked = _succeeded(
        done,
        failed=f"{name} was not upgraded to version {version}.",
        unseen=f"{name} was not seen to be upgraded to version {version}",
    )
    if not as_json:
        has = f"{name} has version {version} now.{_saved(asked)}"
        back = f"To go back to it: storectl rollback {name}."
        terminal.say(f"{has} {back} {await way_in(api, done.store)}")


def restore_ended(store: Data) -> bool:
    """Return whether a backup was put in the place of a shop, or the shop is as it was."""
    return not is_restoring(store)


def upgrade_ended(store: Data) -> bool:
    """Return whether a shop has another version, or is as it was."""
    return under_way(store) != "UPGRADE" and not is_brought_back(store)


async def _followed(
    api: Api,
    store: Data,
    *,
    until: Callable[[Data], bool],
    as_json: bool,
    remark: Remark | None = None,
) -> _Followed:
    number = store["operation"]["number"]
    last = await follow(
        api, store, until=until, after=store["version"], as_json=as_json, remark=remark
    )
    # Not read from the last state: the work that was asked for may not be the latest any more.
    done = {item["number"]: item for item in await api.operations(last["id"])}
    return _Followed(last, done.get(number), done.get(number + 1))


def _on_failure(api: Api, store: Data) -> Remark:
    """Return the remark that an upgrade has failed, which is made once.

    The states that follow are about the shop's being brought back, and do not say why.
    """
    number, is_told = store["operation"]["number"], False

    async def remark(state: Data) -> str:
        nonlocal is_told
        if is_told or not is_brought_back(state):
            return ""
        is_told = True
        done = {item["number"]: item for item in await api.operations(state["id"])}
        reason = f" {why(done[number])}" if number in done else ""
        return f"The upgrade failed:{reason}\nThe shop is being brought back as it was."

    return remark


def _succeeded(done: _Followed, *, failed: str, unseen: str) -> Data:
    """Return the operation that was asked for. Raises RefusedError unless it has succeeded."""
    asked, store = done.asked, done.store
    if asked and asked["status"] == "FAILED":
        lines = [f"{failed} {why(asked)}", *_what_is_there(store, done.following)]
        raise RefusedError("\n".join(lines))
    if asked is None or asked["status"] != "SUCCEEDED":
        raise RefusedError(
            f"{unseen}, because something else was done with it."
            f" See `storectl history {store['id']}`."
        )
    return asked


def _saved(asked: Data) -> str:
    """Return which backup has the shop as it was before, if it was saved."""
    is_saved = any(step["name"] == "SAVE" for step in asked["steps"])
    # A backup has the number of the operation that made it.
    return f" As it was before, it is backup {asked['number']}." if is_saved else ""


def _what_is_there(store: Data, following: Data | None) -> list[str]:
    """Return what became of a shop with which something could not be done.

    ``following`` is what was done after that.
    """
    name, lines = store["name"], []
    # Only the platform itself begins one that nobody has asked for: to have the shop as it was.
    if following and following["kind"] == "RESTORE" and not following["askedByName"]:
        if following["status"] == "SUCCEEDED":
            lines += [f"{name} is back as it was."]
        elif following["status"] == "FAILED":
            lines += [f"{name} could not be brought back as it was either. {why(following)}"]
    if store["status"] == "FAILED":
        lines += [f"See `storectl logs {name}`, then `storectl retry {name}`."]
    return lines
