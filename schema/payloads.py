"""Defines the payloads of mutations: the object, or the errors of a refused request.

Refusals are data in the payload, not GraphQL errors, so that clients can rely on their form.
"""

import strawberry

from schema.backups import Backup
from schema.codes import UserErrorCode
from schema.offers import StoreOffer
from schema.operations import Operation
from schema.types import Store


@strawberry.type(description="An error in a request. Nothing was changed.")
class UserError:
    code: UserErrorCode = strawberry.field(description="What is wrong, as a code for programs.")
    message: str = strawberry.field(description="What is wrong and how to correct it, for people.")
    field: str | None = strawberry.field(
        description="The field of the input that is wrong, if any."
    )


@strawberry.type
class _StorePayload:
    """The fields that the results of all mutations of a store have."""

    store: Store | None = strawberry.field(
        description="The store. Null if the request was refused."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )

    @strawberry.field(
        description="What is done with the store now, by this request or an earlier one of the same"
        " kind. Null if the request was refused."
    )
    async def operation(self) -> Operation | None:
        return await self.store.operation() if self.store else None


@strawberry.type(description="The result of `createStore`.")
class CreateStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `deleteStore`.")
class DeleteStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `cancelStore`.")
class CancelStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `retryStore`.")
class RetryStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `suspendStore`.")
class SuspendStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `resumeStore`.")
class ResumeStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `restartStore`.")
class RestartStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `resetAdminPassword`.")
class ResetAdminPasswordPayload(_StorePayload):
    username: str | None = strawberry.field(
        description="The user name to sign in with at `adminUrl`. Null if the request was refused."
    )
    password: str | None = strawberry.field(
        description="The new password, which is valid once the operation has succeeded. It is shown"
        " only now."
    )


@strawberry.type(description="The result of `upgradeStore`.")
class UpgradeStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `changePlan`.")
class ChangePlanPayload(_StorePayload):
    pass


@strawberry.type(description="The result of `rollbackStore`.")
class RollbackStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `renameStore`.")
class RenameStorePayload(_StorePayload):
    advice: str | None = strawberry.field(
        description="What is not changed by that, and where to change it. Null if the request was"
        " refused."
    )


@strawberry.type(description="The result of `transferStore`.")
class TransferStorePayload(_StorePayload):
    pass


@strawberry.type(description="The result of `withdrawTransfer`.")
class WithdrawTransferPayload(_StorePayload):
    pass


@strawberry.type(description="The result of `acceptTransfer`.")
class AcceptTransferPayload(_StorePayload):
    advice: str | None = strawberry.field(
        description="What the new owner has to do, such as to set another password. Null if the"
        " request was refused."
    )


@strawberry.type(description="The result of `declineTransfer`.")
class DeclineTransferPayload:
    offer: StoreOffer | None = strawberry.field(
        description="The offer, which is over. Null if the request was refused."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )


@strawberry.type(description="The result of `createBackup`.")
class CreateBackupPayload(_StorePayload):
    pass


@strawberry.type(description="The result of `restoreBackup`.")
class RestoreBackupPayload(_StorePayload):
    pass


@strawberry.type
class _BackupPayload:
    """The fields that the results of all mutations of a backup have."""

    backup: Backup | None = strawberry.field(
        description="The backup. Null if the request was refused."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )


@strawberry.type(description="The result of `verifyBackup`.")
class VerifyBackupPayload(_BackupPayload):
    pass


@strawberry.type(description="The result of `pinBackup`.")
class PinBackupPayload(_BackupPayload):
    pass


@strawberry.type(description="The result of `unpinBackup`.")
class UnpinBackupPayload(_BackupPayload):
    pass
