"""What a caller wants to be answered in (RFC 9110, 12.5.1): JSON, or a stream of events."""

from collections.abc import Iterator

GRAPHQL_RESPONSE = "application/graphql-response+json"
"""JSON with the status codes of GraphQL over HTTP."""

_EVENTS = "text/event-stream"
_PLAIN_JSON = "application/json"
_JSON = (_PLAIN_JSON, GRAPHQL_RESPONSE)
_JSON_AMONG_OTHERS = ("application/*", "*/*")
_Rank = tuple[float, int]  # the quality, then whatever is named earlier
_NOT_NAMED: _Rank = (0, 0)


def accepts_events(accept: str) -> bool:
    """Whether a caller takes events. They must be named: a wildcard asks for JSON."""
    return _ranks(accept).get(_EVENTS, _NOT_NAMED)[0] > 0


def prefers_events(accept: str) -> bool:
    """Whether a caller would rather have events than JSON; of equals, what is named first."""
    ranks = _ranks(accept)
    named = [ranks[name] for name in _JSON if name in ranks]
    others = [ranks[name] for name in _JSON_AMONG_OTHERS if name in ranks]
    json = max(named) if named else next(iter(others), _NOT_NAMED)
    return accepts_events(accept) and ranks[_EVENTS] > json


def prefers_graphql_response(accept: str) -> bool:
    """Whether a caller would rather have GraphQL's own media type than plain JSON.

    It must be named: a wildcard asks for plain JSON, as callers from before it do.
    """
    ranks = _ranks(accept)
    plain = ranks.get(_PLAIN_JSON, _NOT_NAMED)
    return ranks.get(GRAPHQL_RESPONSE, _NOT_NAMED)[0] > 0 and ranks[GRAPHQL_RESPONSE] > plain


def _ranks(accept: str) -> dict[str, _Rank]:
    return {name: (quality, -place) for place, (name, quality) in enumerate(_ranges(accept))}


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.lower().split(","):
        name, *parameters = (item.strip() for item in part.split(";"))
        given = (item.removeprefix("q=") for item in parameters if item.startswith("q="))
        yield name, _quality(next(given, "1"))


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0
