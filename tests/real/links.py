"""What the pages of a shop lead to."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

from app.local.cluster import LocalCluster
from tests.real.mails import ask

_LINK = re.compile(r"""\b(?:href|src)=["']([^"'#]+)""")
_MOST_PAGES = 30


def pages_of(cluster: LocalCluster, host: str) -> dict[str, str]:
    """Return the texts that are reached by links from a shop's first page, by path.

    Raises HTTPError when a link within the shop leads nowhere.
    """
    found, waiting = dict[str, str](), ["/"]
    while waiting and len(found) < _MOST_PAGES:
        path = waiting.pop(0)
        if path in found:
            continue
        found[path] = ask(cluster, host, path).decode(errors="replace")
        for link in _LINK.findall(found[path]):
            target = urlsplit(urljoin(f"http://{host}{path}", unescape(link)))
            if target.hostname == host:
                waiting.append(f"{target.path}?{target.query}" if target.query else target.path)
    return found
