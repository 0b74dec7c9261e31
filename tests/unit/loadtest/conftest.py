"""The load generator against a test server: a small HTTP server that imitates Halocline, or fails on purpose."""

import contextlib
import importlib
import json
import pathlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import pytest

LOCUSTFILE = pathlib.Path(__file__).parents[3] / "loadtest" / "locustfile.py"

ITEM = {
    "platform": "standin1",
    "mission": "20200101T0000",
    "bbox": [1, 2, 3, 4],
    "start_at": "2020-01-01T00:00:00.000Z",
    "end_at": "2020-01-02T00:00:00.000Z",
    "basins": [{"id": "SEA-001", "name": "Kattegat", "share": 1.0}],
    "profiles": 3,
}
LINE = {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}
MISSION = "/missions/standin1/20200101T0000"
PICTURE = f"/api/v1{MISSION}/sections/temperature.png"
PAGE = (
    '<!doctype html><html><link href="/static/site.css"><script src="/static/site.js"></script>'
    '<h1>Missions</h1><b data-total="profiles">3</b><b data-figure="samples">3</b><b data-figure="missions">1</b>'
    '<div data-map="fleet" data-tracks="/api/v1/tracks?limit=200&amp;detail=coarse"></div><p data-map="archive"></p>'
    "<i data-scope data-update data-imports data-vocabulary data-found></i>"
    f'<img src="{PICTURE}?theme=light"><img src="{PICTURE}?theme=dark"><a href="/fleet/standin1">standin1</a>'
    f'<a href="{MISSION}">20200101T0000</a><a href="/missions?sort=longest&amp;after=x">More</a>'
    "<li>Halocline 1.2.3</li></html>"
)
HOLLOW = b'<html><link href="/static/site.css"><script src="/static/site.js"></script>No missions.</html>'
FAILING = HOLLOW.replace(b"No missions.", b'<div data-error="500">data-scope</div>')
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
XML = '<?xml version="1.0"?>'
JSON = "application/json"


def _items(*items: object) -> tuple[str, str]:
    return JSON, json.dumps({"items": items, "next": None})


def _collection(*found: object) -> tuple[str, str]:
    return "application/geo+json", json.dumps({"type": "FeatureCollection", "features": found})


OWN = f"/api/v1{MISSION}"
TABLE: tuple[str, str] = ("text/csv", "time,depth_m\n2020-01-01T00:00:00.000Z,1\n")
GOOD: dict[str, tuple[str, str | bytes]] = {
    "/livez": ("text/plain", "ok"),
    **dict.fromkeys(
        ("/", "/missions", MISSION, "/map", "/fleet", "/fleet/standin1", "/basins/SEA-001", "/stats"),
        ("text/html", PAGE),
    ),
    **dict.fromkeys(
        ("/updates", "/status", "/data", "/search"),
        ("text/html", PAGE),
    ),
    "/static/site.css": ("text/css", "b{}"),
    "/static/site.js": ("text/javascript", "1"),
    "/updates.rss": ("application/rss+xml", f"{XML}<rss></rss>\n"),
    "/robots.txt": ("text/plain", "User-agent: *\nSitemap: http://127.0.0.1/sitemap.xml"),
    "/sitemap.xml": ("application/xml", f"{XML}<urlset><loc>http://127.0.0.1/basins/SEA-001</loc></urlset>"),
    "/api/v1/openapi.json": (JSON, '{"openapi": "3.1.0", "paths": {"/api/v1/missions": {}}}'),
    "/api/v1/totals": (JSON, json.dumps({"fleet": {"missions": 1, "profiles": 3}})),
    "/api/v1/tracks": _collection(LINE),
    "/api/v1/missions": _items(ITEM),
    "/api/v1/platforms": _items({"platform": "standin1"}),
    "/api/v1/stats": _items({"scope": "year:2020"}),
    "/api/v1/search": _items({"kind": "platform", "id": "standin1"}),
    "/api/v1/observations": (JSON, json.dumps({"columns": ["platform"], "rows": []})),
    "/api/v1/export": TABLE,
    OWN: (JSON, json.dumps(ITEM)),
    f"{OWN}/track": ("application/geo+json", json.dumps(LINE)),
    f"{OWN}/profiles": _items({"number": 1}),
    f"{OWN}/profiles/1": (JSON, '{"number": 1}'),
    f"{OWN}/sections": _items({"variable": "temperature"}),
    f"{OWN}/sections/temperature": (JSON, '{"variable": "temperature"}'),
    PICTURE: ("image/png", PIXEL),
    f"{OWN}/data": TABLE,
}
# Responses of paths that support another format than their default.
FORMATS: dict[tuple[str, str], tuple[str, str | bytes]] = {
    (f"{OWN}/data", "netcdf"): ("application/x-netcdf", "CDF" + " " * 1000),
    ("/api/v1/export", "geojson"): _collection(LINE),
}

Fault = Callable[["Handler"], None]
# Far above every other response here, on a busy machine too.
SLOW_S = 0.8


class Handler(BaseHTTPRequestHandler):
    """One connection to the test server."""

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; Nagle would put 40 ms between them.
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        with self.server.lock:
            self.server.seen.append(path)
            if len(self.server.seen) > 40:
                self.server.busy.set()
        self.server.faults.get(path, Handler.imitate)(self)

    def imitate(self) -> None:
        """Respond as Halocline does."""
        path, _, query = self.path.partition("?")
        requested = parse_qs(query).get("format", [""])[0]
        kind, body = FORMATS.get((path, requested)) or self.server.pages.get(path, ("text/plain", ""))
        if self.headers.get("If-None-Match") == '"v1"':
            self.respond(304, kind, b"")
            return
        self.respond(200 if path in self.server.pages else 404, kind, body.encode() if isinstance(body, str) else body)

    def respond(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("ETag", '"v1"')
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: Locust reports the responses."""


class Server(ThreadingHTTPServer):
    """The test server: its pages, its faults, and the paths of the requests it received."""

    daemon_threads = True
    # A journey opens its own connections: the backlog of 5 would cost each of a burst a second.
    request_queue_size = 128

    def __init__(self, pages: dict[str, tuple[str, str | bytes]], faults: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages
        self.faults = {path: FAULTS[fault] for path, fault in faults.items()}
        self.seen: list[str] = []
        self.connections = 0
        self.lock = threading.Lock()
        self.busy = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its thread; counts those that are open."""
        with self.lock:
            self.connections += 1
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.lock:
                self.connections -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore it: a client that closes its connection is no error of the test server."""


def _closed(handler: Handler) -> None:
    """Close the connection without a byte, as a killed pod does."""
    handler.close_connection = True


def _cut(handler: Handler) -> None:
    """Announce a long page and send only its beginning."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(PAGE.encode())
    handler.close_connection = True


def _closed_if_conditional(handler: Handler) -> None:
    (_closed if "If-None-Match" in handler.headers else Handler.imitate)(handler)


def _slow_csv(handler: Handler) -> None:
    """Send a good response, CSV after a delay."""
    if "format=csv" in handler.path:
        threading.Event().wait(SLOW_S)
    handler.imitate()


def _shed_if_crowded(handler: Handler) -> None:
    """Shed the request while more clients than five are connected, each by one connection."""
    FAULTS["shed" if handler.server.connections > 5 else "none"](handler)


FAULTS: dict[str, Fault] = {
    "none": Handler.imitate,
    "shed above five connections": _shed_if_crowded,
    "closed": _closed,
    "closed if conditional": _closed_if_conditional,
    "cut": _cut,
    "500": lambda handler: handler.respond(500, "text/plain", b"broken"),
    "shed": lambda handler: handler.respond(503, "application/problem+json", b"{}", Retry_After="1"),
    "limited": lambda handler: handler.respond(429, "application/problem+json", b"{}", Retry_After="30"),
    "limited without an end": lambda handler: handler.respond(429, "application/problem+json", b"{}"),
    "slow CSV": _slow_csv,
    "page": lambda handler: handler.respond(200, "text/html", PAGE.encode()),
    "error page": lambda handler: handler.respond(200, "text/html", FAILING),
    "plain": lambda handler: handler.respond(200, "text/html", b"<html><h1>Statistics</h1></html>"),
    "moved": lambda handler: handler.respond(302, "text/plain", b"", Location="/missions"),
    "empty": lambda handler: handler.respond(200, "text/html", b""),
    "hollow": lambda handler: handler.respond(200, "text/html", HOLLOW),
    "304 unasked": lambda handler: handler.respond(304, "text/html", b""),
    "sailbuoy": lambda handler: handler.respond(200, JSON, _items(ITEM | {"profiles": 0})[1].encode()),
    "no items": lambda handler: handler.respond(200, "application/json", b'{"items": [], "next": null}'),
}


@dataclass(frozen=True, slots=True)
class Run:
    """The outcome of one run of the generator."""

    code: int
    output: str
    summary: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="session")
def make_target() -> Iterator[Callable[..., Server]]:
    """Start test servers, which stop with the session."""
    with contextlib.ExitStack() as stack:

        def make(pages: dict[str, tuple[str, str | bytes]] = GOOD, faults: dict[str, str] | None = None) -> Server:
            server = stack.enter_context(Server(pages, faults or {}))
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.shutdown)
            return server

        yield make


@dataclass(frozen=True, slots=True)
class Generator:
    """One run to start: three seconds with twelve fast users of every kind, unless its options differ."""

    url: str
    options: tuple[str, ...]
    folder: pathlib.Path
    is_fast: bool = True

    @property
    def command(self) -> list[str]:
        start = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        short = ["--users=12", "--run-time=3s", "--think=0.02", "--min-requests=20"]
        short += ["--max-p95-ms=2000"] if self.is_fast else []
        return [*start, "--host", self.url, *short, f"--summary={self.folder / 'summary.json'}", *self.options]

    def summary(self) -> dict[str, Any]:
        """Return the summary that the run wrote; empty if it wrote none."""
        path = self.folder / "summary.json"
        written: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return written

    def run(self) -> Run:
        """Run to the end."""
        process = subprocess.run(self.command, capture_output=True, text=True, cwd=self.folder, timeout=60)
        return Run(process.returncode, process.stdout + process.stderr, self.summary())


@pytest.fixture(scope="session")
def make_generator(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Generator]:
    """Prepare runs."""

    def make(url: str, *options: str, is_fast: bool = True) -> Generator:
        return Generator(url, options, tmp_path_factory.mktemp("load"), is_fast)

    return make


@pytest.fixture(scope="session")
def load(make_generator: Callable[..., Generator]) -> Callable[..., Run]:
    """Run the generator to its end."""

    def run(url: str, *options: str) -> Run:
        return make_generator(url, *options).run()

    return run


@pytest.fixture(scope="session")
def module() -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of loadtest/ by its name.

    Only those without Locust, which patches the standard library on import: all but the locustfile, journeys, readers
    and summary.
    """
    sys.path.insert(0, str(LOCUSTFILE.parent))
    yield importlib.import_module
    sys.path.remove(str(LOCUSTFILE.parent))
