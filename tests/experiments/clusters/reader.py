"""Reads a page of stores again and again: ``python -m tests.experiments.clusters.reader PORT A``.

A is what the stores' names begin with; the token comes on standard input. Each answer is a line:
when it was asked for, and the seconds it took. A process of its own, so that what is timed is the
service and not the experiment, which is busy with its followers.
"""

import http.client
import json
import sys
import time

_PAGE = """query ($word: String!) { stores(first: 50, filter: {nameContains: $word}) { totalCount
  edges { node { id name owner engine engineVersion status target reason { code message } version
  url adminUrl createdAt updatedAt readyAt queuePosition } } } }"""
_PAUSE_SECONDS = 0.25


def main(port: str, word: str) -> None:
    token = sys.stdin.readline().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"query": _PAGE, "variables": {"word": word}})
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    while True:
        at, began = time.time(), time.monotonic()
        connection.request("POST", "/graphql", body, headers)
        answer = json.loads(connection.getresponse().read())
        seconds = time.monotonic() - began
        if "errors" in answer:
            raise RuntimeError(answer["errors"])
        print(at, seconds, flush=True)
        time.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
