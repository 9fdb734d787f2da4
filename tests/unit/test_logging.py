"""The last stop for secrets on their way into a log."""

import json
import re
import subprocess
import sys

import pytest

from app.telemetry.logging import hide_secrets

TOKEN = "sp_" + "Ab3_-" * 8
CODE = "spc_" + "Ab3_-" * 8


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"event": f"signed in with {TOKEN}"}, {"event": "signed in with sp_[hidden]"}),
        ({"authorization": "Digest abc"}, {"authorization": "[hidden]"}),
        (
            {"headers": {"Authorization": f"Bearer {TOKEN}", "Host": "shop"}},
            {"headers": {"Authorization": "[hidden]", "Host": "shop"}},
        ),
        ({"url": f"https://shops/#code={CODE}"}, {"url": "https://shops/#code=spc_[hidden]"}),
        ({"lines": ["fine", f"Bearer {TOKEN}"]}, {"lines": ["fine", "Bearer sp_[hidden]"]}),
        ({"event": "Basic dXNlcjpwYXNzd29yZA=="}, {"event": "Basic [hidden]"}),
        ({"url": "postgresql://me:hunter22@db/x"}, {"url": "postgresql://me:[hidden]@db/x"}),
        ({"seconds": 0.5, "status": 200}, {"seconds": 0.5, "status": 200}),
    ],
)
def test_hidden_by_key_or_by_look(event: dict[str, object], expected: dict[str, object]) -> None:
    assert hide_secrets(None, "info", event) == expected


SAY = """
import logging, sys
import structlog
from app.telemetry.logging import LogFormat, LogLevel, configure
configure(LogLevel(sys.argv[1]), LogFormat(sys.argv[2]))
log = structlog.get_logger("app")
log.debug("quiet"); log.info("usual", store_id="1"); log.error("bad", token="sp_x")
logging.getLogger("library").warning("said %s", "Bearer abcdefghijkl")
for text in sys.argv[3:]:
    log.info(text, field=text)
    logging.getLogger("library").warning(text)
"""


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("debug", ["quiet", "usual", "bad", "said Bearer [hidden]"]),
        ("info", ["usual", "bad", "said Bearer [hidden]"]),
        ("error", ["bad"]),
    ],
)
def test_levels(level: str, said: list[str]) -> None:
    lines = [json.loads(line) for line in _said(level, "json").splitlines()]
    assert [line["event"] for line in lines] == said
    assert all(line["token"] == "[hidden]" for line in lines if line["event"] == "bad")


def test_text_for_people() -> None:
    text = _said("info", "text")
    assert re.search(r"\[info +\] usual +store_id=1\n", text)
    assert "sp_x" not in text


def test_what_a_terminal_would_obey_is_written_out() -> None:
    text = _said("info", "text", "\x1b]0;x\x07\u202e\x9b")
    assert set(text) & set("\x1b\x07\u202e\x9b") == set()
    assert text.count(r"]0;x\u202e\x9b") == 3


def _said(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SAY, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr
