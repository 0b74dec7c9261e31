"""Whatever is asked, and however: memory stays bounded, and what many ask for stays in it and right."""

import gc
import os
import random
from io import BytesIO
from typing import Any

import psutil
import pytest
from flask import Flask
from pymongo.database import Database

import app as halocline
from app import config
from app.store import documents
from tests.conftest import FirstContent
from tests.made_missions import make_mission

MOST_BYTES = 3_000_000
# HALOCLINE_ODD_REQUESTS=100000 takes minutes; what is not bounded shows long before.
COUNTS = [1_500, pytest.param(int(os.environ.get("HALOCLINE_ODD_REQUESTS", "5000")), marks=pytest.mark.slow)]
# Python's own allocator keeps some; a cache that forgot to forget would hold tens of kilobytes for each request.
GROWTH_BYTES_A_REQUEST = 12_000
# Who comes in between, as visitors do.
EVERY = 50
HOT = ["/", "/missions", "/missions?sort=deepest", "/fleet", "/stats", "/api/v1/missions"]
HOST = "portal.example"


def environ(path: str, query: str = "", **more: Any) -> dict[str, Any]:
    """A request as gunicorn hands it on: bytes of the path as Latin-1."""
    asked = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": HOST}
    return {
        **asked,
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


def answered(app: Flask, asked: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
    """Status, headers and body."""
    told: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        told.append((status, headers))

    body = app.wsgi_app(asked, start)
    try:
        text = b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = told[-1]
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
    """What everybody asks for."""
    path, _, query = address.partition("?")
    return environ(path, query, **more)


@pytest.fixture
def first_content() -> FirstContent:
    missions = [documents.mission_to_document(make_mission(number)) for number in range(1, 4)]
    return "odd requests", lambda db: db.missions.insert_many(missions)


@pytest.fixture
def portal(settings: config.Settings, db: Database[Any]) -> Flask:
    """The whole application with its layers and a small page cache that has read the change log."""
    made: Flask = halocline.create_app(settings.model_copy(update={"page_cache_bytes": MOST_BYTES, "api_per_min": 0}))
    made.extensions["freshness"]._watcher.look()
    return made


@pytest.fixture(params=COUNTS)
def stormed(portal: Flask, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What came of a storm of odd requests between which visitors asked for what everybody asks for."""
    count: int = request.param
    chance = random.Random(7)
    for address in HOT * 2:
        answered(portal, hot(address))
    before = {address: answered(portal, hot(address))[2] for address in HOT}
    memory = portal.extensions["freshness"]._watcher._memory
    process = psutil.Process()
    statuses: dict[str, int] = {}
    wrong: list[str] = []
    most_bytes, at_first = 0, 0
    for number in range(count):
        status = answered(portal, odd(number, chance))[0]
        statuses[status[:3]] = statuses.get(status[:3], 0) + 1
        if number % EVERY == 0:
            address = HOT[number // EVERY % len(HOT)]
            if answered(portal, hot(address))[2] != before[address]:
                wrong.append(address)
            most_bytes = max(most_bytes, memory.size_bytes)
        if number == count // 2:
            gc.collect()
            at_first = process.memory_info().rss
    gc.collect()
    grown = process.memory_info().rss - at_first
    kept = {address: is_kept(memory, address) for address in HOT}
    return {
        "entries": len(memory),
        "statuses": statuses,
        "wrong": wrong,
        "kept": kept,
        "bytes": most_bytes,
        "grown": grown,
        "count": count,
    }


def is_kept(memory: Any, address: str) -> bool:
    path, _, query = address.partition("?")
    origin = ("http", HOST) if path == "/" else ("", "")
    return memory.find(("", path, query, origin)) is not None


def test_a_storm_of_odd_requests_leaves_memory_bounded_and_hot_pages_in_it(stormed: dict[str, Any]) -> None:
    assert stormed["wrong"] == []
    assert stormed["kept"] == dict.fromkeys(HOT, True)
    assert stormed["bytes"] <= MOST_BYTES
    assert stormed["grown"] < GROWTH_BYTES_A_REQUEST * (stormed["count"] // 2)
    assert stormed["statuses"].keys() <= {"200", "304", "308", "400", "404", "405", "410", "429"}
    assert stormed["statuses"]["200"] > stormed["count"] // 10


@pytest.mark.parametrize("headers", ODD_HEADERS)
def test_what_an_odd_request_leaves_behind_is_what_everybody_gets(portal: Flask, headers: dict[str, str]) -> None:
    answered(portal, hot("/missions", **headers))
    left = answered(portal, hot("/missions"))
    assert (left[0], left[2]) == ("200 OK", answered(portal, hot("/missions", HTTP_COOKIE="a=b"))[2])
    assert b"evil" not in left[2]


@pytest.mark.parametrize("host", [host for host in ODD_HOSTS if host])
def test_no_host_gets_into_what_another_one_is_shown(portal: Flask, host: str) -> None:
    answered(portal, hot("/", HTTP_HOST=host))
    status, _, body = answered(portal, hot("/"))
    assert status == "200 OK"
    assert f"//{host}".encode() not in body.replace(b"//portal.example/", b"")


def test_a_range_gets_the_whole_and_head_its_length(portal: Flask) -> None:
    status, headers, body = answered(portal, hot("/missions", HTTP_RANGE="bytes=0-10"))
    assert (status, headers["Content-Length"]) == ("200 OK", str(len(body)))
    head = answered(portal, hot("/missions", REQUEST_METHOD="HEAD"))
    assert (head[1]["Content-Length"], head[2]) == (str(len(body)), b"")
