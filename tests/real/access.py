"""The ways into the admin of a shop of Medusa: its password, a new one, and a link for once."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.e2e.test_recovery import Follower
from tests.e2e.test_restart import is_over
from tests.real.life import login_of, url_of

_RESET = """mutation ($id: ID!) { resetAdminPassword(input: {id: $id}) {
  username password errors { code message } } }"""
_LINK = """mutation ($id: ID!) { createSignInLink(input: {id: $id}) {
  url errors { code message } } }"""
_REVEAL = "mutation ($id: ID!) { revealAdminPassword(input: {id: $id}) { errors { code } } }"


async def let_in_anew(store: Follower, host: str) -> None:
    """Sign in by a link, and then have a new password set, which ends that session too.

    From then on nobody is shown the password any more: this comes last.
    """
    username, former = login_of(store)
    page, token = _asked(store, _LINK, "createSignInLink")["url"].split("#")
    path = page.removeprefix(url_of(store))
    with _browser(store, host) as signed_in, _browser(store, host) as another:
        shown = signed_in.get(path)
        assert (shown.status_code, shown.headers["Referrer-Policy"]) == (200, "no-referrer")
        assert _user(signed_in) is None
        answer = signed_in.post(path, data={"token": token})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/app")
        assert _user(signed_in) == username
        assert another.post(path, data={"token": token}).status_code == 403  # it was used
        assert another.post(path, data={"token": token[:-1] + "g"}).status_code == 403
        assert _user(another) is None
        assert _is_let_in(another, username, former)

        new = _asked(store, _RESET, "resetAdminPassword")
        await store.until_update(is_over)

        assert new["username"] == username
        assert _user(signed_in) is None
        assert not _is_let_in(another, username, former)
        assert _is_let_in(another, username, new["password"])
    revealed = store.service.execute(store.token, _REVEAL, id=store.store_id)
    assert revealed["revealAdminPassword"]["errors"] == [{"code": "NOT_AVAILABLE"}]


def _asked(store: Follower, mutation: str, field: str) -> dict[str, str]:
    asked = store.service.execute(store.token, mutation, id=store.store_id)[field]
    assert asked.pop("errors") == []
    found: dict[str, str] = asked
    return found


@contextmanager
def _browser(store: Follower, host: str) -> Iterator[httpx.Client]:
    node = store.service.cluster.layout.node
    assert node is not None
    with httpx.Client(base_url=node.ingress, headers={"Host": host}, timeout=30) as client:
        yield client


def _user(client: httpx.Client) -> str | None:
    """Return who is signed in to the admin, by e-mail address, or None."""
    answer = client.get("/admin/users/me")
    if answer.status_code == 401:
        return None
    email: str = answer.raise_for_status().json()["user"]["email"]
    return email


def _is_let_in(client: httpx.Client, username: str, password: str) -> bool:
    given = {"email": username, "password": password}
    answer = client.post("/auth/user/emailpass", json=given)
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200
