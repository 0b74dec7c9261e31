"""With any sequence of odd requests, memory stays bounded, and frequent pages stay cached and correct."""

import gc
import os
import random
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import psutil
import pytest
from flask import Flask

import app as halocline
from app import config, extensions, portal
from app.cache.worker import WorkerCache
from app.store import documents, indexes
from tests.made_missions import make_mission

MOST_BYTES = 3_000_000
# HALOCLINE_ODD_REQUESTS=100000 takes minutes; unbounded growth shows long before.
COUNT = int(os.environ.get("HALOCLINE_ODD_REQUESTS", "5000"))
# One of this many requests is for a frequent page.
EVERY = 50
HOT = ["/", "/missions", "/missions?sort=deepest", "/fleet", "/stats", "/api/v1/missions"]
HOST = "portal.example"


def environ(path: str, query: str = "", **more: Any) -> dict[str, Any]:
    """A request as gunicorn passes it on, with the bytes of the path as Latin-1."""
    request = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": HOST}
    return {
        **request,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **more,
    }


def send(app: Flask, request: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
    """Status, headers and body."""
    starts: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        starts.append((status, headers))

    body = app.wsgi_app(request, start)
    try:
        text = b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = starts[-1]
    return status, dict(headers), text


ODD_PATHS = [
    "//",
    "/..",
    "/missions/",
    "/MISSIONS",
    "/missions.",
    "/missions\x00",
    "/missions%2Fp1",
    "/missions/p1%2F00001",
    "/missions/p1/00001/",
    "/fleet/\xff\xfe",
    "/fleet/\xc3\xa9",
    "/api/v1//missions",
    "/static/../app.py",
    "*",
    "",
    "/a" * 5_000,
]
ODD_HEADERS: list[dict[str, str]] = [
    {"HTTP_RANGE": "bytes=0-1,5-6,-1"},
    {"HTTP_COOKIE": "session=1; a=b"},
    {"HTTP_AUTHORIZATION": "Bearer nonsense"},
    {"HTTP_ACCEPT_ENCODING": "*;q=0"},
    {"HTTP_ACCEPT_ENCODING": "identity;q=0"},
    {"HTTP_ACCEPT_ENCODING": "gzip;q=nan, br;q=-1, \x00"},
    {"HTTP_ACCEPT_ENCODING": "br;q=1e999"},
    {"HTTP_IF_NONE_MATCH": 'W/"x", "y", *'},
    {"HTTP_IF_MODIFIED_SINCE": "Mon, 01 Jan 2035 00:00:00 GMT"},
    {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PREFIX": "/evil", "HTTP_X_FORWARDED_PROTO": "https"},
    {"HTTP_FORWARDED": "host=evil.example;proto=https"},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE", "HTTP_X_ORIGINAL_URL": "/status", "HTTP_X_REWRITE_URL": "/status"},
    {"HTTP_ACCEPT": "application/json", "HTTP_ACCEPT_LANGUAGE": "sv", "HTTP_USER_AGENT": "evil.example"},
    {"RAW_URI": "http://evil.example/", "REQUEST_URI": "http://evil.example/"},
]
ODD_HOSTS = [
    "evil.example",
    "PORTAL.example",
    "portal.example.",
    "portal.example:80",
    "[::1]:8000",
    "a b",
    "<x>",
    "",
    "x" * 300,
]


def odd(number: int, chance: random.Random) -> dict[str, Any]:
    """A request that differs from all others."""
    path, query = chance.choice(
        [
            (f"/{number}", ""),
            (f"/missions/p{number}/{number:05d}", ""),
            (f"/fleet/{number}", ""),
            (f"/basins/{number}", f"after={number}"),
            ("/missions", f"utm_source={number}"),
            ("/missions", f"platform=p{number}&platform=q"),
            ("/missions", "&".join(f"a{i}={number}" for i in range(200))),
            ("/missions", "project=" + "x" * chance.choice([10, 1_500, 3_000]) + str(number)),
            ("/missions", f"year=%00{number}&sort=%ff"),
            ("/", f"simulated={number}"),
            ("/api/v1/missions", f"limit=1&cursor={number}"),
            ("/api/v1/missions", f"colour={number}"),
            (chance.choice(ODD_PATHS), f"{number}"),
            (f"/missions/p1/00001{chr(33 + number % 90)}{number}", ""),
        ]
    )
    more: dict[str, Any] = dict(chance.choice([{}, {}, *ODD_HEADERS]))
    host = chance.choice([HOST, HOST, HOST, *ODD_HOSTS, f"h{number}.example"])
    return environ(path, query, HTTP_HOST=host, REQUEST_METHOD=chance.choice(["GET", "GET", "HEAD", "OPTIONS"]), **more)


def hot(address: str, **more: Any) -> dict[str, Any]:
    """A request for a frequent page."""
    path, _, query = address.partition("?")
    return environ(path, query, **more)


@pytest.fixture
def app(settings: config.Settings) -> Iterator[Flask]:
    """The complete application with all layers and a small page cache that has read the change log."""
    chosen = settings.model_copy(
        update={
            "mongodb_database": f"{settings.mongodb_database}_odd",
            "page_cache_bytes": MOST_BYTES,
            "api_per_min": 0,
        }
    )
    extensions.mongo.bind(chosen)
    extensions.redis.bind(chosen)
    db = extensions.mongo.db
    indexes.ensure(db)
    db.missions.delete_many({})
    db.missions.insert_many([documents.mission_to_document(make_mission(number)) for number in range(1, 4)])
    flask_app = halocline.create_app(chosen)
    portal.of(flask_app).page_cache.poll_change_log()
    yield flask_app
    extensions.mongo.close()
    extensions.redis.close()


@pytest.fixture
def stormed(app: Flask) -> dict[str, Any]:
    """The result of many odd requests with requests for frequent pages between them."""
    chance = random.Random(7)
    for address in HOT * 2:
        send(app, hot(address))
    before = {address: send(app, hot(address))[2] for address in HOT}
    page_cache = portal.of(app).page_cache
    assert isinstance(page_cache, WorkerCache)
    store = page_cache.store
    process = psutil.Process()
    statuses: dict[str, int] = {}
    wrong: list[str] = []
    most_bytes, at_first = 0, 0
    for number in range(COUNT):
        status = send(app, odd(number, chance))[0]
        statuses[status[:3]] = statuses.get(status[:3], 0) + 1
        if number % EVERY == 0:
            address = HOT[number // EVERY % len(HOT)]
            if send(app, hot(address))[2] != before[address]:
                wrong.append(address)
            most_bytes = max(most_bytes, store.size_bytes)
        if number == COUNT // 2:
            gc.collect()
            at_first = process.memory_info().rss
    gc.collect()
    grown = process.memory_info().rss - at_first
    cached = {address: is_cached(store, address) for address in HOT}
    return {
        "entries": len(store),
        "statuses": statuses,
        "wrong": wrong,
        "cached": cached,
        "bytes": most_bytes,
        "grown": grown,
    }


def is_cached(store: Any, address: str) -> bool:
    path, _, query = address.partition("?")
    origin = ("http", HOST) if path == "/" else ("", "")
    return store.get(("", path, query, origin)) is not None


def test_many_odd_requests_leave_memory_bounded_and_frequent_pages_cached(stormed: dict[str, Any]) -> None:
    assert stormed["wrong"] == []
    assert stormed["cached"] == dict.fromkeys(HOT, True)
    assert stormed["bytes"] <= MOST_BYTES
    # Python's allocator keeps some memory; a cache without eviction would hold tens of kilobytes for each request.
    assert stormed["grown"] < 30_000_000
    assert stormed["statuses"].keys() <= {"200", "304", "308", "400", "404", "405", "410", "429"}
    assert stormed["statuses"]["200"] > COUNT // 10


@pytest.mark.parametrize("headers", ODD_HEADERS)
def test_the_page_that_an_odd_request_caches_is_correct_for_all_clients(app: Flask, headers: dict[str, str]) -> None:
    send(app, hot("/missions", **headers))
    cached = send(app, hot("/missions"))
    assert (cached[0], cached[2]) == ("200 OK", send(app, hot("/missions", HTTP_COOKIE="a=b"))[2])
    assert b"evil" not in cached[2]


@pytest.mark.parametrize("host", [host for host in ODD_HOSTS if host])
def test_a_cached_page_never_contains_the_host_of_another_request(app: Flask, host: str) -> None:
    send(app, hot("/", HTTP_HOST=host))
    status, _, body = send(app, hot("/"))
    assert status == "200 OK"
    assert f"//{host}".encode() not in body.replace(b"//portal.example/", b"")


def test_a_range_request_gets_the_complete_page_and_head_its_length(app: Flask) -> None:
    status, headers, body = send(app, hot("/missions", HTTP_RANGE="bytes=0-10"))
    assert (status, headers["Content-Length"]) == ("200 OK", str(len(body)))
    head = send(app, hot("/missions", REQUEST_METHOD="HEAD"))
    assert (head[1]["Content-Length"], head[2]) == (str(len(body)), b"")
