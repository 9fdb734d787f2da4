"""The last stop for secrets on their way into a log."""

import pytest

from app.logging import hide_secrets

TOKEN = "sp_" + "Ab3_-" * 8


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"event": f"signed in with {TOKEN}"}, {"event": "signed in with sp_[hidden]"}),
        ({"authorization": "Digest abc"}, {"authorization": "[hidden]"}),
        (
            {"headers": {"Authorization": f"Bearer {TOKEN}", "Host": "shop"}},
            {"headers": {"Authorization": "[hidden]", "Host": "shop"}},
        ),
        ({"lines": ["fine", f"Bearer {TOKEN}"]}, {"lines": ["fine", "Bearer sp_[hidden]"]}),
        ({"event": "Basic dXNlcjpwYXNzd29yZA=="}, {"event": "Basic [hidden]"}),
        ({"url": "postgresql://me:hunter22@db/x"}, {"url": "postgresql://me:[hidden]@db/x"}),
        ({"seconds": 0.5, "status": 200}, {"seconds": 0.5, "status": 200}),
    ],
)
def test_hidden_by_key_or_by_look(event: dict[str, object], expected: dict[str, object]) -> None:
    assert hide_secrets(None, "info", event) == expected
