"""Reads from an ``Accept`` header (RFC 9110, 12.5.1) what is wanted: JSON, events or a page."""

from collections.abc import Iterator

GRAPHQL_RESPONSE = "application/graphql-response+json"
"""JSON with the status codes of GraphQL over HTTP."""

_EVENTS = "text/event-stream"
_HTML = "text/html"
_PLAIN_JSON = "application/json"
_JSON = (_PLAIN_JSON, GRAPHQL_RESPONSE)
_JSON_AMONG_OTHERS = ("application/*", "*/*")
_Rank = tuple[float, int]  # the quality, and the negative place: of equals the earlier is higher
_NOT_NAMED: _Rank = (0, 0)


def accepts_events(accept: str) -> bool:
    """Return whether a caller accepts events by name. A wildcard asks for JSON."""
    return _ranks(accept).get(_EVENTS, _NOT_NAMED)[0] > 0


def prefers_events(accept: str) -> bool:
    """Return whether a caller prefers events to JSON. Of equals, the first is preferred."""
    ranks = _ranks(accept)
    # A type that is named counts before a wildcard that matches it too, whatever their qualities.
    named = [ranks[name] for name in _JSON if name in ranks]
    others = [ranks[name] for name in _JSON_AMONG_OTHERS if name in ranks]
    json = max(named) if named else next(iter(others), _NOT_NAMED)
    return accepts_events(accept) and ranks[_EVENTS] > json


def prefers_graphql_response(accept: str) -> bool:
    """Return whether a caller prefers GraphQL's own media type to plain JSON, and names it.

    A wildcard asks for plain JSON, because that is what older clients send and expect.
    """
    ranks = _ranks(accept)
    plain = ranks.get(_PLAIN_JSON, _NOT_NAMED)
    return ranks.get(GRAPHQL_RESPONSE, _NOT_NAMED)[0] > 0 and ranks[GRAPHQL_RESPONSE] > plain


def prefers_json(accept: str) -> bool:
    """Return whether a caller prefers JSON to a page, and names it. A wildcard asks for a page."""
    ranks = _ranks(accept)
    json = ranks.get(_PLAIN_JSON, _NOT_NAMED)
    return json[0] > 0 and json > ranks.get(_HTML, _NOT_NAMED)


def _ranks(accept: str) -> dict[str, _Rank]:
    return {name: (quality, -place) for place, (name, quality) in enumerate(_ranges(accept))}


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.lower().split(","):
        name, *parameters = (item.strip() for item in part.split(";"))
        given = (item.removeprefix("q=") for item in parameters if item.startswith("q="))
        yield name, _quality(next(given, "1"))


def _quality(text: str) -> float:
    # The header is a wish, so a quality that cannot be read counts as the default.
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0
