"""What storectl says of engines and plans."""

from app.storectl import plan_wording, wording
from tests.unit.test_storectl_wording import STORE

SMALL = {"name": "small", "description": "5 GB.", "isDefault": True, "price": "9 € a month"}
LARGE = {"name": "large", "description": None, "isDefault": False, "price": None}
ENGINE = {
    "name": "medusa", "description": "A shop.", "isAvailable": True, "unavailableReason": None,
    "plans": [SMALL, LARGE],
}  # fmt: skip


def test_engines_with_their_plans() -> None:
    without_prices = {**ENGINE, "name": "other", "plans": [{**SMALL, "price": None}]}
    away = {
        **ENGINE, "name": "away", "isAvailable": False, "unavailableReason": "Not yet.",
        "plans": [],
    }  # fmt: skip
    assert plan_wording.engine_lines([ENGINE, without_prices, away]) == [
        "medusa: A shop.",
        "  PLAN             PRICE        WHAT IT MEANS",
        "  small (default)  9 € a month  5 GB.",
        "  large            -            -",
        "other: A shop.",
        "  PLAN             WHAT IT MEANS",
        "  small (default)  5 GB.",
        "away: A shop.",
        "  Not available here: Not yet.",
    ]
    assert plan_wording.engine_lines([]) == ["The platform has no engines."]


def test_a_store_names_its_plan_and_what_it_costs() -> None:
    def told(plan: object) -> list[str]:
        lines = wording.store_lines({**STORE, "plan": plan})
        return [line.strip() for line in lines if line.strip().startswith("Plan ")]

    assert [line.split(maxsplit=1)[1] for line in told(SMALL)] == ["small (9 € a month)"]
    assert [line.split(maxsplit=1)[1] for line in told(LARGE)] == ["large"]
    assert told(None) == []
