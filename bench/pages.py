"""Pages as a browser asks for them: how long one takes alone, and how many bytes a first view is."""

import re
import statistics
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urljoin

from app.config import Settings
from app.extensions import mongo
from app.queries import missions

# What browsers send.
ENCODINGS = "gzip, deflate, br"
# A page on a miss takes tens of milliseconds; one that takes so long is broken.
_TIMEOUT_S = 60
_PAGE_OF_LIST = 50
_AT_ONCE = 150


@dataclass
class Client:
    """A visitor who keeps a connection open to a port of this machine."""

    port: int
    _link: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._link = HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)

    def get(self, path: str, encodings: str = ENCODINGS) -> tuple[dict[str, str], bytes]:
        """The headers, names in lower case, and the body as it was sent. Raises RuntimeError unless it is a 200."""
        self._link.request("GET", path, headers={"Accept-Encoding": encodings})
        answer = self._link.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} on port {self.port} answered {answer.status}")
        return {name.lower(): value for name, value in answer.getheaders()}, body

    def p50_ms(self, path: str, seconds: float, least: int = 5) -> float:
        """The median time of one request after the other, for so long, and of at least so many."""
        times: list[float] = []
        until = time.perf_counter() + seconds
        while len(times) < least or time.perf_counter() < until:
            began = time.perf_counter()
            self.get(path)
            times.append(time.perf_counter() - began)
        return 1000 * statistics.median(times)

    def close(self) -> None:
        """Closes the connection."""
        self._link.close()


class _FirstView(HTMLParser):
    """What a page has a browser fetch at once."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value for name, value in attrs if value}
        if tag in ("script", "img") and "src" in told:
            self.found.append(told["src"])
        if tag == "link" and told.get("rel") in ("stylesheet", "modulepreload", "icon"):
            self.found.append(told["href"])
        # The scripts of maps ask for these as soon as they run.
        self.found += [told[name] for name in ("data-land", "data-outlines", "data-tracks") if name in told]


def first_view(client: Client, path: str) -> dict[str, int]:
    """The compressed bytes of the page and of what it has a browser fetch at once, by path."""
    _, page = client.get(path, "identity")
    view = _FirstView()
    view.feed(page.decode())
    wanted = [path]
    sizes: dict[str, int] = {}
    for found in (*wanted, *(urljoin(path, link) for link in view.found if not link.startswith("data:"))):
        if found not in sizes:
            _, body = client.get(found)
            sizes[found] = len(body)
            if found.endswith(".js"):
                _, text = client.get(found, "identity")
                for link in re.findall(r'(?:from|import)\s*"(\./[\w.-]+\.js)"', text.decode()):
                    chunk = urljoin(found, link)
                    sizes.setdefault(chunk, len(client.get(chunk)[1]))
    return sizes


def address_of_page(settings: Settings, number: int) -> str:
    """Where the page of this number of the missions list is: found by going through the cursors before it, once."""
    mongo.bind(settings)
    try:
        cursor: str | None = None
        left = (number - 1) * _PAGE_OF_LIST
        while left:
            page = missions.page({}, limit=min(left, _AT_ONCE), cursor=cursor)
            cursor, left = page.next, left - len(page.items)
            if cursor is None:
                raise ValueError(f"there is no page {number}")
    finally:
        mongo.close()
    return f"/missions?after={cursor}" if cursor else "/missions"
