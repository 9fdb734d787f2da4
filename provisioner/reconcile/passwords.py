"""Gives a shop's administrator another password, by a Job from a template in the store's chart.

The Secret says how far it has come (see ``domain.passwords``), so a service that was ended goes on
from there. Until the shop has the new password nothing of the old one is changed anywhere.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import (
    ClusterRejectedError,
    ConflictError,
    NotFoundError,
    StoreFailedError,
    TerminalError,
)
from provisioner.domain.operations import OperationStatus, parameter
from provisioner.domain.passwords import (
    COMPONENT,
    KEY_PARAMETER,
    NEXT_PASSWORD,
    RESET_BY,
    is_pending,
)
from provisioner.domain.ports import TaskRecords
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.known_engines import engine_of
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET, NAMESPACE_LOST, is_namespace_gone
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.steps import Outcome, StepRunner
from provisioner.reconcile.store_job import StoreJob

_DONE = "The administrator has the new password, and was signed out everywhere."
_AS_BEFORE = "The password of before is valid as it was."


async def reset_password(
    context: ReconcileContext, records: TaskRecords, store: Store
) -> OperationStatus:
    """Do the store's task: give its administrator another password, or say why it was not done.

    Raises ConflictError when the task is over meanwhile.
    """
    began = await records.start(store)
    work = _Reset(context, store)
    try:
        await work.run(began)
    except TerminalError as error:
        await work.take_back()
        await records.fail(store, error.reason)
        return OperationStatus.FAILED
    await records.succeed(store, _DONE)
    await work.remove_job()
    return OperationStatus.SUCCEEDED


class _Reset:
    """One request for another password."""

    def __init__(self, context: ReconcileContext, store: Store) -> None:
        self._context = context
        self._store = store
        self._steps = StepRunner(context, store)
        words = {COMPONENT: "Setting the password in the shop."}
        self._job = StoreJob(context, self._steps, store, component=COMPONENT, words=words)
        self.remove_job = self._job.remove

    async def run(self, began: datetime) -> None:
        """Do the one step, within the time in which a shop has to be built."""
        limit = self._context.settings.provision_timeout
        left = began + limit - self._context.clock.now()
        try:
            async with asyncio.timeout(max(left.total_seconds(), 0.0)) as timer:
                await self._steps.run(StepName.PASSWORD, self._set)
        except TimeoutError:
            if not timer.expired():  # a time limit of something within the work, not of the task
                raise
            seen = f" Last seen: {self._steps.progress}" if self._steps.progress else ""
            reason = _not_set(
                f"It took longer than {limit.total_seconds() / 60:g} minutes, so it is not certain"
                f" which password is valid.{seen} Look at the Job's pod for what is slow, then set"
                " a new password again."
            )
            await self._steps.fail(StepName.PASSWORD, reason.message)
            raise StoreFailedError(reason) from None

    async def take_back(self) -> None:
        """Remove the Job, and what was to become the password."""
        await self._job.remove()  # first, or its next pod might set the password still
        cluster, namespace = self._context.cluster, self._store.namespace
        # What cannot be removed is of no effect: no operation names it any more.
        with suppress(NotFoundError, ClusterRejectedError):
            values = await cluster.read_secret(namespace, CREDENTIALS_SECRET)
            await cluster.change_secret(namespace, CREDENTIALS_SECRET, _without_pending(values))

    async def _set(self) -> Outcome:
        """Do the step PASSWORD."""
        engine = engine_of(self._context, self._store, then="set a new password again")
        await ensure_rights(self._context, self._store.namespace)
        key, values = await self._key(), await self._values()
        if values.get(RESET_BY) == key:  # the service was ended before that was recorded
            return Outcome(_DONE)
        if key not in values:
            message = f"What was to be set is not in the Secret any more. {_AS_BEFORE}"
            raise StoreFailedError(_not_set(f"{message} Set a new password again."))
        new = values[key]
        if values.get(NEXT_PASSWORD) != new:
            await self._change({NEXT_PASSWORD: new})
        await self._start()
        await self._job.until_done(StepName.PASSWORD, list(values.values()), _failure_of)
        done = {engine.admin_password_key: new, RESET_BY: key}
        await self._change({**_without_pending(values), **done})
        return Outcome(_DONE)

    async def _key(self) -> str:
        operation = (await self._context.records.snapshot(self._store.id)).operation
        if operation is None or operation.number != self._store.operation_number:
            raise ConflictError(f"Store {self._store.id} has another operation meanwhile.")
        return str(parameter(operation.request, KEY_PARAMETER))

    async def _values(self) -> Mapping[str, str]:
        try:
            return await self._context.cluster.read_secret(
                self._store.namespace, CREDENTIALS_SECRET
            )
        except NotFoundError as error:
            raise await self._lost() from error

    async def _change(self, values: Mapping[str, str | None]) -> None:
        try:
            await self._context.cluster.change_secret(
                self._store.namespace, CREDENTIALS_SECRET, values
            )
        except NotFoundError as error:
            raise await self._lost() from error

    async def _lost(self) -> StoreFailedError:
        if await is_namespace_gone(self._context, self._store):
            return StoreFailedError(NAMESPACE_LOST)
        message = f"The Secret {CREDENTIALS_SECRET} was removed from the store's namespace."
        return StoreFailedError(
            _not_set(f"{message} Restore a backup in place of the shop, or delete the store.")
        )

    async def _start(self) -> None:
        try:
            await self._job.start(f"-{self._store.operation_number}")
        except NotFoundError as error:
            message = f"The shop has no template for it any more (CronJob {self._job.template})."
            remedy = f"{_AS_BEFORE} Pause the shop and resume it, then set a new password again."
            raise StoreFailedError(_not_set(f"{message} {remedy}")) from error


def _without_pending(values: Mapping[str, str]) -> dict[str, str | None]:
    """Return the change that removes every password that was to be set."""
    return dict.fromkeys([NEXT_PASSWORD, *filter(is_pending, values)])


def _failure_of(said: str) -> Reason:
    return _not_set(f"{said} {_AS_BEFORE} Mend what is named, then set a new password again.")


def _not_set(message: str) -> Reason:
    text = f"The administrator's new password could not be set. {message}"
    return Reason(ReasonCode.PASSWORD_NOT_SET, text)
