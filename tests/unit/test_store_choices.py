"""The plan of a new store: as asked for, as of the shop in the backup, or the default."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import EngineCatalogue
from provisioner.domain.errors import RefusedError
from provisioner.domain.stores import Store
from provisioner.services.store_choices import choices_for
from provisioner.services.wanted_store import WantedStore
from tests.stores import a_store
from tests.unit.test_engines import GOOD, write

PLANS = {"small": {"storage": "10Gi"}, "medium": {"storage": "40Gi"}, "large": {"storage": "0.1Ti"}}


@pytest.fixture
def engines(tmp_path: Path) -> EngineCatalogue:
    chart = write(tmp_path, GOOD | {"plans": PLANS})
    (chart / "values.yaml").write_text(yaml.safe_dump({"plan": "medium"}))
    bare = write(tmp_path, GOOD | {"name": "bare", "releasePrefix": "bare"}, "bare")
    assert bare.is_dir()
    return EngineCatalogue.load([tmp_path])


def source(plan: str | None) -> Store:
    return replace(a_store(), plan=plan)


def chosen(
    engines: EngineCatalogue, plan: str | None, source: Store | None = None, engine: str = "tiny"
) -> str | None:
    found = choices_for(engines, WantedStore("s", engine=engine, plan=plan), source, ()).plan
    return found.name if found else None


def test_asked_for_or_the_default(engines: EngineCatalogue) -> None:
    assert chosen(engines, "small") == "small"
    assert chosen(engines, None) == "medium"
    assert chosen(engines, None, engine="bare") is None


@pytest.mark.parametrize(
    ("former", "asked", "found"),
    [
        ("small", None, "small"),
        ("large", None, "large"),
        (None, None, "medium"),  # from before stores had plans
        ("small", "large", "large"),
        ("small", "small", "small"),
        ("gone", "small", "small"),  # nobody knows how large it was
    ],
)
def test_a_backup_goes_into_the_plan_of_its_shop_or_a_larger_one(
    engines: EngineCatalogue, former: str | None, asked: str | None, found: str
) -> None:
    assert chosen(engines, asked, source(former)) == found


@pytest.mark.parametrize(
    ("former", "asked", "code", "words"),
    [
        (
            "large", "medium", RefusalCode.PLAN_TOO_SMALL,
            ("The plan medium has less room for data than the shop in the backup, whose volumes are"
            " as large as those of large, so it may not fit; choose one of: large."),
        ),
        (
            None, "small", RefusalCode.PLAN_TOO_SMALL,
            ("The plan small has less room for data than the shop in the backup, whose volumes are"
            " as large as those of medium, so it may not fit; choose one of: large, medium."),
        ),
        (
            "gone", None, RefusalCode.PLAN_UNKNOWN,
            ("The shop in the backup has the plan gone, which is no longer offered; choose one of:"
            " large, medium, small."),
        ),
        (
            "small", "huge", RefusalCode.PLAN_UNKNOWN,
            "Tiny has no plan 'huge'; choose one of: large, medium, small.",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    engines: EngineCatalogue, former: str | None, asked: str, code: RefusalCode, words: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        chosen(engines, asked, source(former))
    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.field, refusal.message) == (code, "plan", words)


def test_a_shop_with_larger_volumes_than_its_plan_has_is_restored_into_as_large_ones(
    engines: EngineCatalogue,
) -> None:
    shop = replace(source("small"), storage_plan="medium")
    found = choices_for(engines, WantedStore("s", engine="tiny"), shop, ())
    assert (found.plan, found.storage_plan) == (engines["tiny"].plan("small"), "medium")
    found = choices_for(engines, WantedStore("s", engine="tiny", plan="large"), shop, ())
    assert (found.plan, found.storage_plan) == (engines["tiny"].plan("large"), None)
    with pytest.raises(RefusedError):
        chosen(engines, "small", shop)


def test_an_engine_without_plans_takes_none(engines: EngineCatalogue) -> None:
    with pytest.raises(RefusedError) as refused:
        chosen(engines, "small", engine="bare")
    assert [(r.code, r.field, r.message) for r in refused.value.refusals] == [
        (RefusalCode.PLAN_UNKNOWN, "plan", "Tiny has no plans: leave the plan out.")
    ]
