"""The walk of Medusa's ``engine.yaml`` leads to the check-out of the storefront."""

from dataclasses import replace
from pathlib import Path

from provisioner.domain.engines import load_engine
from provisioner.kubernetes.prober import HttpProber
from tests.storefront.running import STOREFRONT, running_storefront
from tests.stores import a_store


async def test_a_shopper_gets_to_the_check_out(tmp_path: Path) -> None:
    walk = load_engine(STOREFRONT.parent).walk
    with running_storefront(tmp_path / "storefront.log") as address:
        async with HttpProber(None) as prober:
            assert await prober.walk_problem(replace(a_store(), url=address), walk) is None
