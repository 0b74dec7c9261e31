"""The layer in front: what it answers from memory, and what it never keeps."""

import gzip
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import brotli
import pytest
from werkzeug.routing import Map
from werkzeug.routing import Rule as UrlRule
from werkzeug.test import Client, TestResponse

from app.cache.freshness import Watcher
from app.cache.memory import Memory
from app.cache.pages import ROUTE, PageCache
from app.cache.rules import Rule
from app.cache.shared import Shared
from app.http.validity import VALID_UNTIL
from tests.unit.cache.test_freshness import Log

URLS = Map(
    [UrlRule("/"), UrlRule("/list"), UrlRule("/api"), UrlRule("/things/<name>"), UrlRule("/feed"), UrlRule("/no")]
)
RULES = {
    "/": Rule(("mission",)),
    "/list": Rule(("mission",), ("year", "after")),
    "/api": Rule(("mission",), ("year",), strict=True),
    "/things/<name>": Rule(("thing:{name}",), most_s=60.0),
    "/feed": Rule(("mission",), absolute=True),
}
TEXT = "Sea water is salty, and colder further down. " * 40


@dataclass
class Site:
    """An application whose answers say what it was asked, and how often it was."""

    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "text/html"), ("ETag", '"own"')])
    version: int = 1
    rendered: list[str] = field(default_factory=list)
    valid_until_s: float | None = None
    gate: threading.Event | None = None
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        told = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        what = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        self.rendered.append(what)
        self.began.release()
        if self.gate is not None:
            assert self.gate.wait(10)
        environ[ROUTE] = environ["PATH_INFO"]
        if self.valid_until_s is not None:
            environ[VALID_UNTIL] = self.valid_until_s
        start_response(self.status, [*self.headers])
        return [f"{what} version {self.version} {sorted(told.items())} {TEXT}".encode()]


class Nowhere:
    """A Redis that is away."""

    def __getattr__(self, _name: str) -> Any:
        from redis import ConnectionError as Away

        raise Away("away")


class Primary:
    """Reads that never lag, unless told so."""

    lags = False

    def begin(self) -> None:
        return None

    def lagged(self) -> bool:
        return self.lags


@dataclass
class House:
    """A site behind its page cache, with the handles of what surrounds it."""

    site: Site
    log: Log
    watcher: Watcher
    memory: Memory
    reading: Primary
    outcomes: list[str]
    client: Client
    now_s: list[float]
    # Who renders behind: takes nothing over unless told so, and keeps what it took until it is called.
    takes_over: bool = False
    taken: list[Callable[[], object]] = field(default_factory=list)

    def behind(self, _key: object, render: Callable[[], object]) -> bool:
        if self.takes_over:
            self.taken.append(render)
        return self.takes_over

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def change(self, *tags: str) -> None:
        self.site.version += 1
        self.log.append(*tags)


@pytest.fixture
def house() -> House:
    site, log, now_s, reading = Site(), Log(last=1), [1_000.0], Primary()
    memory = Memory(4_000_000, lambda: now_s[0])
    watcher = Watcher(memory, log.since, log.latest)
    outcomes: list[str] = []
    shared = Shared(lambda: Nowhere(), "test", lambda: None)  # type: ignore[arg-type, return-value]
    made: list[House] = []
    cache = PageCache(
        site,
        URLS,
        RULES,
        memory,
        watcher,
        shared,
        reading,
        outcomes.append,
        lambda: now_s[0],
        lambda _s: None,
        behind=lambda key, render: made[0].behind(key, render),
    )
    watcher.look()
    made.append(House(site, log, watcher, memory, reading, outcomes, Client(cache, use_cookies=False), now_s))
    return made[0]


def test_the_second_request_is_answered_without_rendering(house: House) -> None:
    first, second = house.get("/"), house.get("/")
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"] != '"own"'
    assert house.site.rendered == ["/?"]
    assert house.outcomes == ["miss", "hit"]


def test_a_change_shows_after_the_next_look(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    assert "version 1" in house.get("/").text
    house.watcher.look()
    assert "version 2" in house.get("/").text
    assert "version 2" in house.get("/").text
    assert house.outcomes == ["miss", "hit", "miss", "hit"]


def test_a_change_of_something_else_renders_nothing(house: House) -> None:
    house.get("/things/a")
    house.change("thing:b")
    house.watcher.look()
    assert "version 1" in house.get("/things/a").text
    assert house.site.rendered == ["/things/a?"]


def test_nothing_is_kept_before_the_change_log_was_read(house: House) -> None:
    house.watcher.forget()
    house.get("/")
    house.get("/")
    assert house.outcomes == ["bypass", "bypass"]


def test_a_rendering_that_a_change_overtakes_is_shown_and_not_kept(house: House) -> None:
    render = house.site.__call__

    def overtaken(environ: Any, start_response: Any) -> Any:
        answer = render(environ, start_response)
        house.change("mission:p/m")
        house.watcher.look()
        return answer

    house.client.application._app = overtaken  # type: ignore[attr-defined]
    assert "version 1" in house.get("/").text
    house.client.application._app = house.site  # type: ignore[attr-defined]
    assert "version 2" in house.get("/").text


def test_what_was_read_from_a_server_that_may_lag_is_not_kept(house: House) -> None:
    house.reading.lags = True
    house.get("/")
    house.reading.lags = False
    house.get("/")
    assert house.outcomes == ["miss", "miss"]


def test_a_page_ends_at_the_moment_its_view_names(house: House) -> None:
    house.site.valid_until_s = 1_005.0
    house.get("/")
    house.now_s[0] = 1_004.0
    house.get("/")
    house.now_s[0] = 1_005.0
    house.get("/")
    assert house.outcomes == ["miss", "hit", "miss"]


def test_a_page_ends_at_the_latest_after_its_rule(house: House) -> None:
    house.get("/things/a")
    house.now_s[0] += 60.0
    house.get("/things/a")
    assert house.outcomes == ["miss", "miss"]


@pytest.mark.parametrize("status", ["500 Oops", "503 Away", "302 Found", "400 Bad"])
def test_errors_and_redirects_are_not_kept(house: House, status: str) -> None:
    house.site.status = status
    house.get("/")
    house.get("/")
    assert house.site.rendered == ["/?", "/?"]


def test_a_missing_thing_is_missing_for_two_seconds_or_until_it_comes(house: House) -> None:
    house.site.status = "404 Not Found"
    house.get("/things/a")
    assert house.get("/things/a").status_code == 404
    house.now_s[0] += 2.0
    house.get("/things/a")
    house.change("thing:a")
    house.watcher.look()
    house.site.status = "200 OK"
    assert house.get("/things/a").status_code == 200
    assert house.outcomes == ["miss", "hit", "miss", "miss"]


def test_the_old_page_is_shown_when_rendering_fails(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    house.site.status = "503 Away"
    answer = house.get("/")
    assert (answer.status_code, "version 1" in answer.text) == (200, True)
    assert house.outcomes == ["miss", "stale"]


@pytest.mark.parametrize("header", [("Set-Cookie", "a=b"), ("Cache-Control", "no-store"), ("Cache-Control", "private")])
def test_an_answer_that_is_not_for_everyone_is_not_kept(house: House, header: tuple[str, str]) -> None:
    house.site.headers.append(header)
    house.get("/")
    house.get("/")
    assert house.outcomes == ["miss", "miss"]


@pytest.mark.parametrize("header", ["Authorization", "Cookie"])
def test_a_request_with_credentials_passes_by(house: House, header: str) -> None:
    house.get("/")
    assert f"HTTP_{header.upper()}" in house.get("/", **{header: "secret"}).text
    assert "secret" not in house.get("/").text
    assert house.outcomes == ["miss", "bypass", "hit"]


def test_no_header_of_the_client_reaches_what_is_kept(house: House) -> None:
    told = house.get(
        "/",
        Host="evil.example",
        X_Forwarded_Host="evil.example",
        X_Forwarded_For="6.6.6.6",
        User_Agent="evil",
        Accept="evil/1",
        Range="bytes=0-3",
        If_None_Match='"own"',
        X_Request_ID="evil-request",
    )
    assert told.status_code == 200
    assert "evil" not in told.text
    assert "6.6.6.6" not in told.text
    assert house.get("/").data == told.data


def test_answers_that_name_their_own_address_are_kept_for_each_host(house: House) -> None:
    first = house.get("/feed", Host="a.example")
    assert "a.example" in first.text
    assert "a.example" not in house.get("/feed", Host="b.example").text
    assert house.get("/feed", Host="a.example").data == first.data
    assert house.outcomes == ["miss", "miss", "hit"]


def test_no_host_at_all_can_be_mistaken_for_the_one_that_everyone_shares(house: House) -> None:
    for _ in range(3):
        house.get("/feed", Host="localhost")
    told = house.get("/feed", Host="a.example").text
    assert "a.example" in told
    assert "localhost" not in told


def test_arguments_that_no_route_declares_mint_no_entry(house: House) -> None:
    plain = house.get("/list?year=2022")
    assert house.get("/list?utm_source=x&year=2022&fbclid=123").data == plain.data
    assert house.get("/list?year=2022&year=2023").data == plain.data
    assert len(house.memory) == 1
    assert house.site.rendered == ["/list?year=2022"]


def test_the_order_of_arguments_makes_no_difference(house: House) -> None:
    assert house.get("/list?year=2022&after=x").data == house.get("/list?after=x&year=2022").data
    assert house.outcomes == ["miss", "hit"]


def test_a_strict_route_sees_what_it_does_not_know(house: House) -> None:
    house.get("/api?year=2022")
    house.get("/api?year=2022&colour=red")
    house.get("/api?year=2022&year=2022")
    assert house.outcomes == ["miss", "bypass", "bypass"]
    assert house.site.rendered[1:] == ["/api?year=2022&colour=red", "/api?year=2022&year=2022"]


def test_routes_without_a_rule_and_unknown_paths_pass_by(house: House) -> None:
    for path in (
        "/no",
        "/nowhere",
        "/%FF%FE",
        "/list/",
        "/static/x.css",
        "/list?" + "x" * 3_000,
        "/things/" + "x" * 300,
    ):
        house.get(path)
    assert set(house.outcomes) == {"bypass"}
    assert len(house.memory) == 0


def test_other_methods_pass_by(house: House) -> None:
    house.client.post("/")
    assert house.outcomes == ["bypass"]


def test_head_has_the_headers_of_get_and_no_body(house: House) -> None:
    head, get = house.client.head("/"), house.get("/")
    assert head.data == b""
    assert dict(head.headers) == dict(get.headers)
    assert get.headers["Content-Length"] == str(len(get.data))


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("br, gzip", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("br;q=0, *", "gzip"),
        ("identity", None),
        ("gzip;q=0, br;q=0", None),
        ("*;q=0", None),
        ("gzip;q=nonsense", None),
        ("", None),
        ("x" * 5_000, None),
    ],
)
def test_the_reader_gets_the_encoding_it_likes_best(house: House, accepted: str, expected: str | None) -> None:
    plain = house.get("/").data
    answer = house.get("/", Accept_Encoding=accepted)
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[expected]
    assert answer.headers.get("Content-Encoding") == expected
    assert decode(answer.data) == plain
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_each_encoding_has_its_own_strong_etag_and_who_has_it_gets_it_no_second_time(house: House) -> None:
    etags = {encoding: house.get("/", Accept_Encoding=encoding).headers["ETag"] for encoding in ("br", "gzip", "")}
    assert len(set(etags.values())) == 3
    same = [house.get("/", Accept_Encoding=encoding, If_None_Match=etag) for encoding, etag in etags.items()]
    assert [answer.status_code for answer in same] == [304, 304, 304]
    again = house.get("/", If_None_Match=f'"other", W/{etags["br"]}', Accept_Encoding="br")
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etags["br"])
    assert "Content-Length" not in again.headers


@pytest.mark.parametrize("told", ['"other"', "{gzip}", "", "nonsense", '"', "W/", ", ,", "x" * 8_000])
def test_whoever_has_another_encoding_or_none_gets_the_page(house: House, told: str) -> None:
    gzip_etag = house.get("/", Accept_Encoding="gzip").headers["ETag"]
    assert house.get("/", Accept_Encoding="br", If_None_Match=told.format(gzip=gzip_etag)).status_code == 200


def test_a_star_stands_for_whatever_there_is(house: House) -> None:
    assert house.get("/", If_None_Match=" * ").status_code == 304


def test_many_at_once_render_once(house: House) -> None:
    house.site.gate = threading.Event()
    answers: list[TestResponse] = []
    threads = [threading.Thread(target=lambda: answers.append(house.get("/"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert house.site.began.acquire(timeout=10)
    house.site.gate.set()
    for thread in threads:
        thread.join(10)
    assert house.site.rendered == ["/?"]
    assert {answer.data for answer in answers} == {answers[0].data}
    assert len(answers) == 8


def test_while_the_new_page_is_rendered_others_get_the_old_one(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    house.site.gate, house.site.began = threading.Event(), threading.Semaphore(0)
    first: list[TestResponse] = []
    renders = threading.Thread(target=lambda: first.append(house.get("/")))
    renders.start()
    assert house.site.began.acquire(timeout=10)
    meanwhile = house.get("/")
    house.site.gate.set()
    renders.join(10)
    assert "version 1" in meanwhile.text
    assert "version 2" in first[0].text
    assert house.outcomes == ["miss", "stale", "miss"]


def test_nobody_waits_for_the_new_page_when_it_can_be_rendered_behind(house: House) -> None:
    house.takes_over = True
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    assert "version 1" in house.get("/").text
    assert "version 1" in house.get("/").text
    for render in house.taken:
        render()
    assert "version 2" in house.get("/").text
    # Offered twice, and rendered once: the second found it fresh.
    assert house.site.rendered == ["/?", "/?"]
    assert house.outcomes == ["miss", "stale", "stale", "hit"]


def test_half_a_second_after_a_change_nothing_is_left_to_be_rendered_behind(house: House) -> None:
    house.takes_over = True
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    assert "version 1" in house.get("/").text
    house.now_s[0] += 0.6
    assert "version 2" in house.get("/").text
    assert house.outcomes == ["miss", "stale", "miss"]


def _overtaken(house: House) -> None:
    """From now on each rendering is overtaken by a change."""

    def overtaken(environ: Any, start_response: Any) -> Any:
        answer = house.site(environ, start_response)
        house.change("mission:p/m")
        house.watcher.look()
        return answer

    house.client.application._app = overtaken  # type: ignore[attr-defined]


def test_while_each_rendering_is_overtaken_the_newest_is_shown_for_half_a_second(house: House) -> None:
    _overtaken(house)
    assert "version 1" in house.get("/").text
    house.takes_over = True
    assert "version 1" in house.get("/").text
    house.taken.pop()()
    assert "version 2" in house.get("/").text
    house.now_s[0] += 0.6
    # It may have been overtaken when its rendering began: its time is counted from then.
    assert "version 3" in house.get("/").text
    assert house.outcomes == ["miss", "stale", "stale", "miss"]


def test_a_rendering_of_a_log_that_nobody_knows_any_more_is_not_kept_at_all(house: House) -> None:
    def forgotten(environ: Any, start_response: Any) -> Any:
        answer = house.site(environ, start_response)
        house.watcher.forget()
        return answer

    house.client.application._app = forgotten  # type: ignore[attr-defined]
    house.takes_over = True
    house.get("/")
    assert len(house.memory) == 0


def test_who_comes_later_than_a_second_after_a_change_waits_for_the_new_page(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    house.now_s[0] += 1.5
    house.site.gate, house.site.began = threading.Event(), threading.Semaphore(0)
    answers: list[TestResponse] = []
    threads = [threading.Thread(target=lambda: answers.append(house.get("/"))) for _ in range(2)]
    threads[0].start()
    assert house.site.began.acquire(timeout=10)
    threads[1].start()
    house.site.gate.set()
    for thread in threads:
        thread.join(10)
    assert ["version 2" in answer.text for answer in answers] == [True, True]
    assert len(house.site.rendered) == 2


def test_an_old_page_is_shown_for_a_day_and_no_longer_when_rendering_fails(house: House) -> None:
    house.get("/")
    house.change("mission:p/m")
    house.watcher.look()
    house.site.status = "503 Away"
    house.now_s[0] += 86_400.0
    assert house.get("/").status_code == 200
    house.now_s[0] += 1.0
    assert house.get("/").status_code == 503


def test_with_an_address_of_its_own_the_portal_has_one_page_for_all_hosts() -> None:
    site, log, reading = Site(), Log(last=1), Primary()
    memory = Memory(4_000_000)
    watcher = Watcher(memory, log.since, log.latest)
    watcher.look()
    shared = Shared(lambda: Nowhere(), "test", lambda: None)  # type: ignore[arg-type, return-value]
    client = Client(PageCache(site, URLS, RULES, memory, watcher, shared, reading, one_origin=True), use_cookies=False)
    told = [client.get("/feed", headers={"Host": host}) for host in ("a.example", "b.example")]
    assert told[0].data == told[1].data
    assert site.rendered == ["/feed?"]
