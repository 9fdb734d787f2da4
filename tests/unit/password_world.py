"""A ready shop whose administrator is to get another password."""

from dataclasses import dataclass, replace

from provisioner.domain.engines import GeneratedSecret
from provisioner.domain.identities import Identity, Role, UsedToken
from provisioner.domain.owners import Owner, local
from provisioner.domain.passwords import KEY_PARAMETER, NEXT_PASSWORD
from provisioner.domain.stores import Store, StoreTask
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET
from provisioner.storage.database import Database
from tests.unit.backup_world import ENGINE, World, a_ready_shop

OLD, NEW, DATABASE = "the-first-password", "the-second-password", "of-the-database"
KEY = f"{NEXT_PASSWORD}-0123456789abcdef"
RESETTING = replace(
    ENGINE, admin_password_key="admin-password", admin_user="admin", resets_passwords=True,
    credentials=(GeneratedSecret("admin-password", 24), GeneratedSecret("database", 32)),
)  # fmt: skip


@dataclass
class Shop:
    """The shop, its world, and what its Job finds when it is made."""

    world: World

    @property
    def secret(self) -> dict[str, str]:
        return self.world.secrets[CREDENTIALS_SECRET]

    async def begin(self, key: str = KEY) -> Store:
        """Ask for another password, which is in the Secret already, as a request does."""
        world = self.world
        world.store = await world.task_records.begin(
            world.store.id, StoreTask.RESET_PASSWORD, "Asked for.", parameters={KEY_PARAMETER: key}
        )
        return world.store

    async def propose(self, key: str = KEY, value: str = NEW) -> None:
        await self.world.cluster.change_secret(
            self.world.store.namespace, CREDENTIALS_SECRET, {key: value}
        )


async def a_shop(database: Database) -> Shop:
    world = await a_ready_shop(database)
    world.context = replace(world.context, engines={"tiny": RESETTING})
    await world.cluster.ensure_secret(
        world.store.namespace, CREDENTIALS_SECRET, {},
        lambda: {"admin-password": OLD, "database": DATABASE},
    )  # fmt: skip
    return Shop(world)


def who_may_not(owner: Owner) -> tuple[Identity, ...]:
    """Return callers who are not this owner in person, with the role that it takes."""
    by_another = UsedToken("t", local("root"), is_owners_own=False)
    return (
        Identity(owner, Role.VIEWER),
        Identity(local("root"), Role.ADMIN),
        Identity(owner, Role.OPERATOR, by_another),
    )
