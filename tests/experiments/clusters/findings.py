"""The tables that an experiment's run is told by."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from tests.bench.report import percentile
from tests.experiments.clusters.trial import CUT, OTHER, Answer, Notes

BEFORE, CAUGHT = "made and READY before it", "being made when it came"
DURING, AFTER = "asked for meanwhile", "asked for afterwards"
_STORES = "SELECT name, created_at, ready_at FROM stores"
_STEPS = """SELECT stores.name, events.subject, events.at FROM events
  JOIN stores ON stores.id = events.store_id
  WHERE events.kind = 'STEP' AND events.status = 'SUCCEEDED' AND events.at > :since"""
_FIRST = 8  # as many are built at a time

Rows = Callable[..., Iterable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Life:
    """A store's moments, in seconds of the system's clock."""

    name: str
    created: float
    ready: float

    @property
    def cluster(self) -> str:
        return self.name.partition("-")[0]

    @property
    def seconds(self) -> float:
        """How long it took from the create to READY."""
        return self.ready - self.created


def lives(rows: Rows) -> list[Life]:
    """Read the stores of a database, which are all ready."""
    return [Life(name, created / 1e6, ready / 1e6) for name, created, ready in rows(_STORES)]


def recovery(rows: Rows, notes: Notes) -> str:
    """Return how soon after the outage each step was done for the first stores."""
    done: dict[str, list[float]] = {}
    for name, step, at in sorted(rows(_STEPS, since=round(notes.back_at * 1e6)), key=itemgetter(2)):
        if name.startswith(f"{CUT}-"):
            done.setdefault(step, []).append(at / 1e6 - notes.back_at)
    words = (f"{step} {percentile(at[:_FIRST], 50):.1f}" for step, at in done.items())
    return f"The steps of the first {_FIRST} were done after (s, p50): {', '.join(words)}."


def phase(notes: Notes, life: Life) -> str:
    """Return when a store was made, as seen from the outage."""
    if life.ready < notes.cut_at:
        return BEFORE
    if life.created < notes.cut_at:
        return CAUGHT
    return DURING if life.created < notes.back_at else AFTER


def report(notes: Notes, stores: Sequence[Life], events: int) -> str:
    """Return all that was found, in Markdown."""
    cut = [life for life in stores if life.cluster == CUT]
    waiting = [life for life in cut if life.created < notes.back_at < life.ready]
    caught_up = max((life.ready for life in waiting), default=notes.back_at) - notes.back_at
    back = (
        f"{notes.back_at - notes.cut_at:.0f} s after it was cut off {CUT} was back, and"
        f" {caught_up:.1f} s later the {len(waiting)} stores that had waited for it were READY."
        f" {events:,} events were told to {len(stores)} followers."
    )
    said = [f"- {number} stores: {words}" for words, number in notes.steps.most_common()]
    return "\n\n".join(
        [
            _create_to_ready(notes, stores),
            _answers(notes),
            _looks(notes),
            back,
            f"The password of a store of {CUT}, asked for meanwhile: {notes.password}",
            f"What the steps of {CUT} said at its end:",
            "\n".join(said),
        ]
    )


def _create_to_ready(notes: Notes, stores: Sequence[Life]) -> str:
    def of(cluster: str, name: str) -> str:
        those = (life for life in stores if life.cluster == cluster and phase(notes, life) == name)
        return _spread([life.seconds for life in those], 100)

    rows = [[name, of(CUT, name), of(OTHER, name)] for name in (BEFORE, CAUGHT, DURING, AFTER)]
    return _table(["create to READY in s, p50 / max", f"{CUT} (cut off)", OTHER], rows)


def _answers(notes: Notes) -> str:
    rows = []
    for name, since, until in (
        ("before", 0.0, notes.cut_at),
        ("during", notes.cut_at, notes.back_at),
        ("after", notes.back_at, float("inf")),
    ):

        def of(answers: Iterable[Answer], since: float = since, until: float = until) -> str:
            return _spread([a.seconds * 1000 for a in answers if since <= a.at < until], 99)

        reads = map(of, notes.reads)
        creates = (of(notes.creates[cluster]) for cluster in (CUT, OTHER))
        rows.append([name, *reads, *creates])
    head = [
        "answers in ms, p50 / p99",
        f"stores(first: 50) of {CUT}, replica 1 (leads both)",
        "replica 2",
        f"createStore in {CUT}",
        f"in {OTHER}",
    ]
    return _table(head, rows)


def _looks(notes: Notes) -> str:
    def told(statuses: dict[str, int]) -> str:
        return ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))

    rows = [
        [
            f"{look.at - notes.cut_at:+.0f} s",
            told(dict(look.statuses[CUT])),
            told(dict(look.statuses[OTHER])),
            " ".join(look.ready),
            " ".join(f"{each:.0f}" for each in look.megabytes),
            f"{look.load:.1f}",
        ]
        for look in notes.looks
    ]
    return _table(["since the cut", CUT, OTHER, "/readyz", "MB", "load"], rows)


def _spread(values: Sequence[float], percent: float) -> str:
    """Return the median and a high percentile (100 is the largest), and of how many."""
    if not values:
        return "-"
    return f"{percentile(values, 50):.1f} / {percentile(values, percent):.1f} ({len(values)})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
