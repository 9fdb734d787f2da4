"""Stores and tokens that get another owner: all of them, and nothing else."""

from datetime import timedelta

from provisioner.domain.clock import SystemClock
from provisioner.domain.identities import Role
from provisioner.domain.owners import COMMAND_LINE, UNCLAIMED, Owner, local
from provisioner.storage.database import Database
from provisioner.storage.owner_moves import Holdings, claim, holdings, move
from provisioner.storage.stores import StoreRepository
from provisioner.storage.token_tree import IssuerTrust
from provisioner.storage.tokens import TokenRepository
from tests.stores import a_store

ISSUER = "https://issuer.example"
ANN = Owner(ISSUER, "00u1")


async def test_everything_of_one_to_another(
    database: Database, repository: StoreRepository
) -> None:
    tokens = TokenRepository(database, SystemClock(), IssuerTrust(ISSUER, timedelta(days=1)))
    shop = await repository.create(a_store(owner="ann"), idempotency_key="k")
    await repository.create(a_store(owner="rival"), idempotency_key="k")
    first = await tokens.issue(local("ann"), Role.OPERATOR, maker=COMMAND_LINE)
    child = await tokens.issue(
        local("ann"), Role.OPERATOR, maker=local("ann"), parent_id=first.token.id
    )
    assert await move(database, local("ann"), ANN) == Holdings(ANN, 1, 2)
    assert (await repository.get(shop.id)).owner == ANN
    for issued in (first, child):
        line = await tokens.find(issued.secret)
        assert line is not None
        assert line.problem(SystemClock().now()) is None
        assert line.identity.owner == ANN
        assert line.identity.is_owner_in_person
    assert await holdings(database) == [Holdings(ANN, 1, 2), Holdings(local("rival"), 1, 0)]
    assert await move(database, local("ann"), ANN) == Holdings(ANN, 0, 0)


async def test_a_key_that_both_have_used_stays_the_takers(
    repository: StoreRepository, database: Database
) -> None:
    given = await repository.create(a_store(owner="ann"), idempotency_key="k")
    kept = await repository.create(a_store(owner="ada"), idempotency_key="k")
    await move(database, local("ann"), local("ada"))
    again = await repository.create(a_store(owner="ada"), idempotency_key="k")
    assert again.id == kept.id
    assert (await repository.get(given.id)).owner == local("ada")


async def test_what_waits_for_an_issuer(repository: StoreRepository, database: Database) -> None:
    mine = await repository.create(a_store())
    waiting = await repository.create(a_store(owner="00u1"))
    await move(database, local("00u1"), Owner(UNCLAIMED, "00u1"))
    for issuer in (ISSUER, "https://another.example"):
        await claim(database, issuer)
        assert (await repository.get(waiting.id)).owner == ANN
        assert (await repository.get(mine.id)).owner == local("merchant")
