"""Runs the checks side by side. Each has a time limit, and so has the whole examination."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.doctor.findings import Finding, failed, skipped
from app.doctor.installation import Installation
from provisioner.domain.errors import StorePlatformError
from provisioner.domain.redaction import scrub


@dataclass(frozen=True, slots=True)
class Check:
    """One check: ``look`` returns what it found, or raises an error that nobody foresaw.

    ``needs`` names earlier checks that must have gone well; otherwise this one is skipped.
    ``is_before_install`` is whether it can be made before the release exists.
    """

    name: str
    look: Callable[[Installation], Awaitable[Finding]]
    needs: tuple[str, ...] = ()
    is_before_install: bool = True


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Limits in seconds: for one check, for all together, and for those that are cancelled."""

    check: float = 8.0
    whole: float = 18.0
    cancelled: float = 1.0


async def examine(
    checks: Sequence[Check], installation: Installation, limits: TimeLimits | None = None
) -> dict[str, Finding]:
    """Return what each check found, in their order."""
    limits = limits or TimeLimits()
    tasks: dict[str, asyncio.Task[Finding]] = {}
    for check in checks:
        needed = {name: tasks[name] for name in check.needs}
        tasks[check.name] = asyncio.create_task(
            _finding(check, installation, needed, limits.check), name=f"check {check.name}"
        )
    await asyncio.wait(tasks.values(), timeout=limits.whole)
    findings = {
        name: _scrubbed(task.result() if task.done() else _late(limits.whole), installation)
        for name, task in tasks.items()
    }
    if unfinished := [task for task in tasks.values() if not task.done()]:
        for task in unfinished:
            task.cancel()
        await asyncio.wait(unfinished, timeout=limits.cancelled)
    return findings


async def _finding(
    check: Check,
    installation: Installation,
    needed: Mapping[str, asyncio.Task[Finding]],
    seconds: float,
) -> Finding:
    if installation.is_before_install and not check.is_before_install:
        return skipped("It is part of the release, which is not installed yet.")
    for name, task in needed.items():
        # Only waited for: the task's own time limit holds, and it may serve other checks too.
        if not (await asyncio.shield(task)).is_usable:
            return skipped(f"It cannot be looked at: see {name}.")
    try:
        async with asyncio.timeout(seconds):
            return await check.look(installation)
    except TimeoutError:
        return _late(seconds)
    except StorePlatformError as error:  # what was opened by an earlier check has gone meanwhile
        return failed(str(error), _AGAIN)
    except Exception as error:  # noqa: BLE001 - a check must not keep the others from being told
        words = str(error) or type(error).__name__
        return failed(f"The check met an error that it does not know: {words}", _REPORT)


_AGAIN = "Run the doctor again: it went well a moment ago."
_REPORT = "Report it, with the version and this line; the other checks are not affected."


def _late(seconds: float) -> Finding:
    return failed(
        f"There was no answer within {seconds:g} s.",
        "See that it runs, and that a firewall or network policy lets this machine reach it.",
    )


def _scrubbed(finding: Finding, installation: Installation) -> Finding:
    # Foreign errors are quoted, and may quote a URL or password in turn.
    secrets = installation.secrets()
    return replace(
        finding, seen=scrub(finding.seen, secrets), remedy=scrub(finding.remedy, secrets)
    )
