"""What a caller's Accept header says about JSON, events and pages."""

import pytest

from app.http.media_types import (
    accepts_events,
    prefers_events,
    prefers_graphql_response,
    prefers_json,
)

EVENTS, JSON, GRAPHQL = "text/event-stream", "application/json", "application/graphql-response+json"


@pytest.mark.parametrize(
    ("accept", "is_preferred"),
    [
        (EVENTS, True),
        ("Text/Event-Stream", True),
        (f"{EVENTS}, {JSON}", True),
        (f"{EVENTS}, */*", True),
        (f"{JSON}, {EVENTS}", False),
        (f"{GRAPHQL}, {JSON};q=0.9, {EVENTS}, multipart/mixed", False),
        (f"{JSON};q=0.5, {EVENTS}", True),
        (f"{EVENTS};q=0.5, {JSON}", False),
        (f"{EVENTS};charset=utf-8;q=0.9, {JSON}; Q=0.8", True),
        (f"*/*;q=0.1, {EVENTS}", True),
        (f"*/*, {JSON};q=0.1, {EVENTS};q=0.2", True),  # what is named exactly counts
        (f"application/*, {EVENTS}", False),
        (f"{EVENTS};q=nonsense, {JSON}", True),
    ],
)
def test_events_are_taken(accept: str, is_preferred: bool) -> None:  # noqa: FBT001 - a parameter
    assert accepts_events(accept)
    assert prefers_events(accept) is is_preferred


@pytest.mark.parametrize("accept", ["", ",", "*/*", "text/*", JSON, f"{EVENTS};q=0", "text/html"])
def test_events_are_not_taken(accept: str) -> None:
    assert not accepts_events(accept)
    assert not prefers_events(accept)


@pytest.mark.parametrize(
    ("accept", "is_preferred"),
    [
        (GRAPHQL, True),
        (f"{GRAPHQL}; charset=utf-8", True),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, {EVENTS}", True),
        (f"{GRAPHQL}, */*", True),
        (f"{JSON}, {GRAPHQL}", False),
        (f"{JSON};q=0.5, {GRAPHQL};q=0.6", True),
        (f"{GRAPHQL};q=0.5, {JSON}", False),
        (f"{GRAPHQL};q=0", False),
        ("application/*", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_graphqls_own_media_type(accept: str, is_preferred: bool) -> None:  # noqa: FBT001
    assert prefers_graphql_response(accept) is is_preferred


@pytest.mark.parametrize(
    ("accept", "is_preferred"),
    [
        (JSON, True),
        (f"{JSON}, text/plain, */*", True),  # what axios sends
        (f"{JSON};q=0.9, text/html;q=0.8", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),  # browsers
        (f"text/html, {JSON}", False),
        (f"{JSON};q=0", False),
        ("application/*", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_json_in_place_of_a_page(accept: str, is_preferred: bool) -> None:  # noqa: FBT001
    assert prefers_json(accept) is is_preferred
