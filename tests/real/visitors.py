"""What visitors of a shop get, while it is closed and while it is worked on."""

import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from app.local.cluster import LocalCluster

_PAUSE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Answer:
    """What a visitor got."""

    status: int
    page: str
    retry_after: str | None


def visit(cluster: LocalCluster, host: str, path: str = "/") -> Answer:
    """Ask for a page of a shop, the first one by default, through the ingress."""
    assert cluster.layout.node is not None
    asked = urllib.request.Request(cluster.layout.node.ingress + path, headers={"Host": host})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return Answer(answer.status, answer.read().decode(errors="replace"), None)
    except urllib.error.HTTPError as error:
        with error:
            page = error.read().decode(errors="replace")
            return Answer(error.code, page, error.headers.get("Retry-After"))


class Answers(Counter[tuple[int, bool]]):
    """How often visitors got what: the status, and whether it is the platform's notice.

    ``seconds_without`` is how long nobody got the shop, from the last page of it to the next.
    """

    seconds_without: float = 0.0


@contextmanager
def visitors(cluster: LocalCluster, host: str, path: str = "/") -> Iterator[Answers]:
    """Count what visitors of a page get meanwhile."""
    found = Answers()
    is_over = threading.Event()

    def come() -> None:
        seen_at, is_away = time.monotonic(), False
        while not is_over.wait(_PAUSE_SECONDS):
            answer, now = visit(cluster, host, path), time.monotonic()
            found[answer.status, is_notice(answer)] += 1
            if is_away:
                found.seconds_without += now - seen_at
            seen_at, is_away = now, answer.status != HTTPStatus.OK

    thread = threading.Thread(target=come, name="visitors")
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()


def is_notice(answer: Answer) -> bool:
    """Whether it is what the platform tells visitors of closed shops."""
    return answer.retry_after is not None
