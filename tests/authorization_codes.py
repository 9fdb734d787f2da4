"""The little issuer's sign-in for browsers: the authorization code flow with PKCE.

It is as strict as a good one (RFC 6749, 4.1; RFC 7636): one client, one address to go back to, a
code that is good once, for who asked for it.
"""

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

CLIENT_ID = "dashboard"
_PAGE = "<!doctype html><html lang=en><title>The issuer</title><h1>Who are you?</h1><ul>{}</ul>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(content: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content), {"Content-Type": "application/json"})


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    person: str
    challenge: str
    nonce: str | None


class AuthorizationCodes:
    """The codes that are out; ``redirect_uri`` is the one address that they may be sent to."""

    def __init__(self) -> None:
        self.redirect_uri = ""
        self._grants: dict[str, Grant] = {}

    def authorize(self, given: Mapping[str, str], people: Sequence[str]) -> Answer:
        """Ask who somebody is; or, with ``person`` given, send them back: nobody is a refusal."""
        wanted = {
            "client_id": CLIENT_ID,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        if any(given.get(name) != value for name, value in wanted.items()):
            return as_json({"error": "invalid_request"}, 400)  # never sent on to who knows where
        if not given.get("state") or not given.get("code_challenge"):
            return as_json({"error": "invalid_request"}, 400)
        if "person" not in given:
            return _page(given, people)
        return self._back(given, given["person"])

    def redeem(self, given: Mapping[str, str]) -> Grant | Answer:
        """Return what a code was good for, or why it is not."""
        grant = self._grants.pop(given.get("code", ""), None)
        if grant is None or given.get("redirect_uri") != self.redirect_uri:
            return as_json({"error": "invalid_grant"}, 400)
        if (given.get("grant_type"), given.get("client_id")) != ("authorization_code", CLIENT_ID):
            return as_json({"error": "invalid_request"}, 400)
        if _challenge(given.get("code_verifier", "")) != grant.challenge:
            return as_json({"error": "invalid_grant"}, 400)
        return grant

    def _back(self, given: Mapping[str, str], person: str) -> Answer:
        if person == "nobody":
            told = {"error": "access_denied", "error_description": "alice thought better of it"}
        else:
            told = {"code": secrets.token_urlsafe()}
            self._grants[told["code"]] = Grant(person, given["code_challenge"], given.get("nonce"))
        address = f"{self.redirect_uri}?{urlencode({**told, 'state': given['state']})}"
        return Answer(302, headers={"Location": address})


def _page(given: Mapping[str, str], people: Sequence[str]) -> Answer:
    links = ""
    for person in (*people, "nobody"):
        address = html.escape(f"/authorize?{urlencode({**given, 'person': person})}")
        links += f'<li><a href="{address}">{html.escape(person)}</a>'
    return Answer(200, _PAGE.format(links), {"Content-Type": "text/html"})


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
