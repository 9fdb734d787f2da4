"""A small API server that keeps pods and their history, and misbehaves as it is told.

It is real where it counts, HTTP over a socket, and scripted in what a real one does only now and
then. A version of the future is answered as the real one does: it is waited for, in silence.
"""

import asyncio
import json
import ssl
import sys
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from provisioner.kubernetes.labels import STORE_LABEL

NAMESPACE = "store-1"
WHICH = "/api/v1/namespaces/kube-system"
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
Object = dict[str, Any]


@dataclass(eq=False)
class OpenWatch:
    """A watch that a client has open."""

    request: web.Request
    response: web.StreamResponse
    is_ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, text: str) -> None:
        await self.response.write(text.encode())

    def end(self) -> None:
        """Let the response come to its proper end."""
        self.is_ended.set()

    def cut(self) -> None:
        """Break the connection."""
        self.is_ended.set()
        if self.request.transport is not None:
            self.request.transport.abort()


class ScriptedApi:
    """Pods of one namespace. ``faults`` answer the next requests of a verb, one each."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.uid = "this"
        self.pods: dict[str, Object] = {}
        self.version = 10_000
        self.history: list[tuple[int, Object]] = []
        self.forgotten = 0
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.requests: list[str] = []
        self.tokens: list[str] = []
        self.accepted_tokens: set[str] | None = None
        self.refused_paths: set[str] = set()
        self.missing_paths: set[str] = set()
        self.watches: set[OpenWatch] = set()
        self.activity = asyncio.Event()
        self._made = 0
        self._lists: dict[int, list[Object]] = {}
        self._changed = asyncio.Condition()
        self._tls = tls
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._wake(self._cut_all)
        await self._runner.cleanup()

    # The truth ----------------------------------------------------------------------------------

    @property
    def truth(self) -> dict[str, tuple[str, str]]:
        """Every pod's uid and phase, by name."""
        return {
            name: (pod["metadata"]["uid"], pod["status"]["phase"])
            for name, pod in self.pods.items()
        }

    async def put(self, name: str, phase: str = "Running") -> None:
        """Create a pod, or change its phase."""
        known = self.pods.get(name)
        if known is None:
            self._made += 1
        uid = known["metadata"]["uid"] if known else f"uid-{self._made}"
        self.version += 1
        pod = self._pod(name, uid, phase)
        self.pods[name] = pod
        await self._record("MODIFIED" if known else "ADDED", pod)

    async def delete(self, name: str) -> None:
        known = self.pods.pop(name)
        self.version += 1
        gone = self._pod(name, known["metadata"]["uid"], known["status"]["phase"])
        await self._record("DELETED", gone)

    async def _record(self, kind: str, pod: Object) -> None:
        change = {"type": kind, "object": pod}
        await self._wake(lambda: self.history.append((self.version, change)))

    def _pod(self, name: str, uid: str, phase: str) -> Object:
        return {
            "metadata": {
                "name": name,
                "namespace": NAMESPACE,
                "uid": uid,
                "resourceVersion": str(self.version),
                "labels": {STORE_LABEL: "1"},
            },
            "status": {"phase": phase},
        }

    # What goes wrong ----------------------------------------------------------------------------

    def forget_history(self) -> None:
        """Compact: older versions are 410 from now on."""
        self.forgotten = self.version

    async def restore(self, pods: dict[str, Object]) -> None:
        """Come back from a backup: other pods, no history, and versions that were used before."""
        self.pods = dict(pods)
        self.history.clear()
        self._lists.clear()
        self.version -= 1000
        self.forgotten = 0
        await self._wake(self._cut_all)

    async def each_watch(self, act: Callable[[OpenWatch], Awaitable[None] | None]) -> None:
        for watch in list(self.watches):
            try:
                if (waiting := act(watch)) is not None:
                    await waiting
            except ConnectionError:  # it has gone meanwhile
                continue

    async def bookmark(self, watch: OpenWatch, version: int | None = None) -> None:
        metadata = {"resourceVersion": str(version or self.version)}
        await watch.send(line({"type": "BOOKMARK", "object": {"metadata": metadata}}))

    def _cut_all(self) -> None:
        while self.watches:
            self.watches.pop().cut()

    def _end_all(self) -> None:
        while self.watches:
            self.watches.pop().end()

    async def _wake(self, act: Callable[[], object]) -> None:
        async with self._changed:
            act()
            self._changed.notify_all()

    # Requests -----------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        verb = "watch" if "watch" in request.query else "list"
        if request.path == WHICH:
            verb = "which"
        self.requests.append(verb)
        self.activity.set()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.tokens.append(token)
        if (refusal := self._refusal(request.path, token)) is not None:
            return refusal
        if self.faults[verb]:
            return await self.faults[verb].popleft()(request)
        if verb == "which":
            return web.json_response({"metadata": {"name": "kube-system", "uid": self.uid}})
        if not request.path.endswith("/pods"):
            if verb == "list":
                return page([], self.version)
            return await self._watch(request, matches=False)
        return await (
            self._watch(request, matches=True) if verb == "watch" else self._list(request)
        )

    def _refusal(self, path: str, token: str) -> web.Response | None:
        if self.accepted_tokens is not None and token not in self.accepted_tokens:
            return status(401, "Unauthorized")
        if path in self.refused_paths:
            return status(403, f"{path.rpartition('/')[2]} is forbidden")
        if path in self.missing_paths:
            return status(404, f"{path.rpartition('/')[2]} not found")
        return None

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """Answer with a page; all pages of a list are of the moment of the first, or 410."""
        token = request.query.get("continue", f"{self.version} 0")
        version, start = (int(part) for part in token.split())
        if "continue" not in request.query:
            self._lists[version] = [pod for _, pod in sorted(self.pods.items())]
        if version < self.forgotten or version not in self._lists:
            return status(410, "The provided continue parameter is too old")
        end = start + int(request.query["limit"])
        pods = self._lists[version]
        return page(pods[start:end], version, f"{version} {end}" if end < len(pods) else "")

    async def _watch(self, request: web.Request, *, matches: bool) -> web.StreamResponse:
        sent = int(request.query["resourceVersion"])
        if sent < self.forgotten:
            return status(410, "too old resource version")
        watch = await self.open(request)
        try:
            while not watch.is_ended.is_set():
                news = [item for item in self.history if item[0] > sent] if matches else []
                for version, change in news:
                    await watch.send(line(change))
                    sent = version
                await self._until_news(watch, sent if matches else sys.maxsize)
        except ConnectionError:
            pass
        finally:
            self.watches.discard(watch)
        return watch.response

    async def _until_news(self, watch: OpenWatch, sent: int) -> None:
        async with self._changed:
            await self._changed.wait_for(
                lambda: watch.is_ended.is_set() or any(item[0] > sent for item in self.history)
            )

    async def open(self, request: web.Request) -> OpenWatch:
        """Accept a watch: the status and headers go out at once."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        watch = OpenWatch(request, response)
        self.watches.add(watch)
        self.activity.set()
        return watch

    async def end_watches(self) -> None:
        await self._wake(self._end_all)

    async def cut_watches(self) -> None:
        await self._wake(self._cut_all)


def line(value: Object) -> str:
    return json.dumps(value) + "\n"


def page(pods: list[Object], version: int, more: str = "") -> web.Response:
    metadata = {"resourceVersion": str(version), "continue": more}
    return web.json_response({"kind": "PodList", "metadata": metadata, "items": pods})


def status(code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"kind": "Status", "metadata": {}, "code": code, "message": message}
    return web.json_response(body, status=code, headers=headers)


# Faults: each answers one request in the server's place -------------------------------------------


def answers(code: int, message: str = "scripted", **headers: str) -> Fault:
    """Answer with a Status, as the API server does."""

    async def fault(_: web.Request) -> web.StreamResponse:
        return status(code, message, {k.replace("_", "-"): v for k, v in headers.items()})

    return fault


def shows_page(code: int) -> Fault:
    """Answer with HTML, as a proxy in between does."""

    async def fault(_: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text="<html>Bad gateway</html>", content_type="text/html")

    return fault


def says(text: str, *, cut: bool = False) -> Fault:
    """Answer 200 with this text; then end properly, or break the connection."""

    async def fault(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if text:
            await response.write(text.encode())
        if cut and request.transport is not None:
            request.transport.abort()
        return response

    return fault


def ends_with_error(code: int) -> Fault:
    """Accept the watch, and end it with an ERROR in the stream."""
    return says(line({"type": "ERROR", "object": {"code": code, "message": "scripted"}}))


async def hangs(request: web.Request) -> web.StreamResponse:
    """Accept the watch and never say a word: a connection that is open at one end only."""
    response = web.StreamResponse()
    await response.prepare(request)
    await asyncio.Event().wait()
    return response


async def drops(request: web.Request) -> web.StreamResponse:
    """Break the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
