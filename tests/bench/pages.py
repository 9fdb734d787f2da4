"""The list of 1,000 stores in a real browser, beside a list of one page of them.

The stores are rows in the database, and no cluster answers, so that what is measured is the pages
and the API alone. What a machine without a graphics card draws is slower than what people see: the
figures are there to be compared with each other.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from app.local.cluster.progress import ticking
from app.local.frontend import FrontendError, ensure_built, run_script
from tests.api.conftest import service_to_measure
from tests.bench.fleet import STORES, record_stores
from tests.bench.ground import UNLIMITED, Ground
from tests.bench.report import Figure, percentile
from tests.browser import ensure_browser

_SCRIPT = Path(__file__).with_name("browse.mjs")
_ONE_PAGE = 50
_SLOWER, _LARGER, _TASK_MS = 1.5, 1.1, 200


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser saw: elements of the page, milliseconds of long tasks and of each frame, and
    how many rows each change that came live touched.
    """

    nodes: int
    tasks: tuple[float, ...]
    frames: tuple[float, ...]
    touched: tuple[int, ...]


async def measure(ground: Ground) -> list[Figure]:
    """Return what the pages do with 1,000 stores that they do not with 50."""
    ensure_built()
    few, many = await _visit(ground, _ONE_PAGE), await _visit(ground, STORES)
    slow, base = (percentile(visit.frames, 99) for visit in (many, few))
    longest, base_longest = (max(visit.tasks, default=0.0) for visit in (many, few))
    return [
        Figure(
            f"pages, {STORES} stores: frame, p99 (scroll, search, page, live)",
            f"{slow:.0f} ms", f"{base:.0f} ms ({_ONE_PAGE} stores)", f"{slow / base:.2f}x",
            f"<= {_SLOWER}x", slow / base / _SLOWER,
        ),
        Figure(
            f"pages, {STORES} stores: longest task of {len(many.tasks)} over 50 ms",
            f"{longest:.0f} ms", f"{base_longest:.0f} ms of {len(few.tasks)}", "",
            f"<= {_TASK_MS} ms", longest / _TASK_MS,
        ),
        Figure(
            f"pages, {STORES} stores: elements", f"{many.nodes}", f"{few.nodes}",
            f"{many.nodes / few.nodes:.2f}x", f"<= {_LARGER}x", many.nodes / few.nodes / _LARGER,
        ),
        Figure(
            f"pages, {STORES} stores: rows that a change touches", f"{max(many.touched)} at most",
            f"{_ONE_PAGE} in sight", "", "1", max(many.touched),
        ),
    ]  # fmt: skip


async def _visit(ground: Ground, stores: int) -> Visit:
    folder = ground.folder / f"pages-{stores}"
    folder.mkdir()
    with ticking(f"pages: a visit to {stores} stores"):
        await record_stores(f"sqlite:///{folder}/platform.db", stores)
        with service_to_measure(folder, **UNLIMITED) as service:
            done = run_script(_SCRIPT, environment={
                "E2E_CHROMIUM": str(ensure_browser()),
                "E2E_URL": service.url,
                "E2E_TOKEN": service.token("merchant"),
            })  # fmt: skip
    if done.returncode != 0:
        raise FrontendError(f"{_SCRIPT.name} failed:\n{done.stderr[-3000:]}")
    return Visit(**json.loads(done.stdout))
