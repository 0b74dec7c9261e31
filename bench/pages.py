"""Pages as a browser requests them: the time of a single request, and the bytes of a first view."""

import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urljoin

from app.config import Settings
from app.extensions import mongo
from app.queries import missions

# The Accept-Encoding of browsers.
ENCODINGS = "gzip, deflate, br"
# A page on a miss takes tens of milliseconds; a minute means a failure.
_TIMEOUT_S = 60
_PAGE_OF_LIST = 50
_AT_ONCE = 150


@dataclass
class Client:
    """A client with a persistent connection to a port of this machine."""

    port: int
    _link: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._link = HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)

    def get(self, path: str, encodings: str = ENCODINGS) -> tuple[dict[str, str], bytes]:
        """The headers, names in lower case, and the body as sent. Raises RuntimeError unless the status is 200."""
        self._link.request("GET", path, headers={"Accept-Encoding": encodings})
        response = self._link.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} on port {self.port} returned {response.status}")
        return {name.lower(): value for name, value in response.getheaders()}, body

    def p50_ms(self, paths: Sequence[str], seconds: float, least: int = 5) -> float:
        """The median time to request the paths one after another, ms: for `seconds`, and of at least `least` times."""
        times: list[float] = []
        until = time.perf_counter() + seconds
        while len(times) < least or time.perf_counter() < until:
            began = time.perf_counter()
            for path in paths:
                self.get(path)
            times.append(time.perf_counter() - began)
        return 1000 * statistics.median(times)

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


class _FirstView(HTMLParser):
    """Links of a page that a browser fetches at once."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value for name, value in attrs if value}
        if tag in ("script", "img") and "src" in attributes:
            self.links.append(attributes["src"])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "modulepreload", "icon"):
            self.links.append(attributes["href"])
        # The scripts of maps fetch these as soon as they run.
        data_names = ("data-land", "data-outlines", "data-tracks")
        self.links += [attributes[name] for name in data_names if name in attributes]


def first_view(client: Client, path: str) -> dict[str, int]:
    """The compressed bytes of the page and of the resources that a browser fetches with it, by path."""
    _, page = client.get(path, "identity")
    view = _FirstView()
    view.feed(page.decode())
    sizes: dict[str, int] = {}
    for url in (path, *(urljoin(path, link) for link in view.links if not link.startswith("data:"))):
        if url not in sizes:
            _, body = client.get(url)
            sizes[url] = len(body)
            if url.endswith(".js"):
                _, text = client.get(url, "identity")
                for link in re.findall(r'(?:from|import)\s*"(\./[\w.-]+\.js)"', text.decode()):
                    chunk = urljoin(url, link)
                    sizes.setdefault(chunk, len(client.get(chunk)[1]))
    return sizes


def with_data(client: Client, path: str) -> tuple[str, ...]:
    """The path of a page and of the API requests of its scripts."""
    view = _FirstView()
    view.feed(client.get(path, "identity")[1].decode())
    return (path, *(link for link in dict.fromkeys(view.links) if link.startswith("/api/")))


def address_of_page(settings: Settings, number: int) -> str:
    """The path of the page of this number of the list of missions, found through the cursors of the pages before it."""
    mongo.bind(settings)
    try:
        cursor: str | None = None
        missions_before = (number - 1) * _PAGE_OF_LIST
        while missions_before:
            page = missions.page({}, limit=min(missions_before, _AT_ONCE), cursor=cursor)
            cursor, missions_before = page.next, missions_before - len(page.items)
            if cursor is None:
                raise ValueError(f"the list has fewer than {number} pages")
    finally:
        mongo.close()
    return f"/missions?after={cursor}" if cursor else "/missions"
