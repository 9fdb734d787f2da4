"""What the dashboard repeats of the server's rules, so that it can tell while one types."""

import json
from pathlib import Path

from provisioner.domain import names

RULES = Path(__file__).resolve().parents[2] / "dashboard/src/features/stores/name-rules.json"


def test_the_dashboard_has_the_same_rules_for_names() -> None:
    assert json.loads(RULES.read_text()) == {
        "minLength": names.MIN_LENGTH,
        "maxLength": names.MAX_LENGTH,
        "pattern": names._LABEL.pattern,
    }
