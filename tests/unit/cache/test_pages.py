"""What the page cache serves from memory, and what it never stores."""

import pytest
from werkzeug.test import create_environ

from app.http import credentials
from app.server.readiness import Readiness
from tests.unit.cache.doubles import Setup


def test_the_second_request_is_answered_without_rendering(setup: Setup) -> None:
    first, second = setup.get("/"), setup.get("/")
    assert first.data == second.data
    assert setup.site.rendered == ["/?"]
    assert setup.outcomes == ["miss", "hit"]


def test_a_change_shows_after_the_next_poll(setup: Setup) -> None:
    setup.get("/")
    setup.change("mission:p/m")
    assert "version 1" in setup.get("/").text
    setup.follower.poll()
    assert "version 2" in setup.get("/").text
    assert "version 2" in setup.get("/").text
    assert setup.outcomes == ["miss", "hit", "miss", "hit"]


def test_a_change_of_another_tag_renders_nothing(setup: Setup) -> None:
    setup.get("/things/a")
    setup.change("thing:b")
    setup.follower.poll()
    assert "version 1" in setup.get("/things/a").text
    assert setup.site.rendered == ["/things/a?"]


def test_nothing_is_cached_before_the_change_log_was_read(setup: Setup) -> None:
    setup.follower.reset()
    setup.get("/")
    setup.get("/")
    assert setup.outcomes == ["bypass", "bypass"]


def test_data_from_a_secondary_is_not_cached(setup: Setup) -> None:
    setup.replica_lag.has_lag = True
    setup.get("/")
    setup.replica_lag.has_lag = False
    setup.get("/")
    assert setup.outcomes == ["miss", "miss"]


def test_a_page_expires_at_the_moment_its_view_names(setup: Setup) -> None:
    setup.site.valid_until_s = 1_005.0
    setup.get("/")
    setup.now_s = 1_004.0
    setup.get("/")
    setup.now_s = 1_005.0
    setup.get("/")
    assert setup.outcomes == ["miss", "hit", "miss"]


def test_a_page_expires_after_the_maximum_age_of_its_rule(setup: Setup) -> None:
    setup.get("/things/a")
    setup.now_s += 60.0
    setup.get("/things/a")
    assert setup.outcomes == ["miss", "miss"]


@pytest.mark.parametrize("status", ["500 Oops", "503 Unavailable", "302 Found", "400 Bad"])
def test_errors_and_redirects_are_not_cached(setup: Setup, status: str) -> None:
    setup.site.status = status
    setup.get("/")
    setup.get("/")
    assert setup.site.rendered == ["/?", "/?"]


def test_a_404_is_cached_for_two_seconds_or_until_the_page_exists(setup: Setup) -> None:
    setup.site.status = "404 Not Found"
    setup.get("/things/a")
    assert setup.get("/things/a").status_code == 404
    setup.now_s += 2.0
    setup.get("/things/a")
    setup.change("thing:a")
    setup.follower.poll()
    setup.site.status = "200 OK"
    assert setup.get("/things/a").status_code == 200
    assert setup.outcomes == ["miss", "hit", "miss", "miss"]


@pytest.mark.parametrize("header", [("Set-Cookie", "a=b"), ("Cache-Control", "no-store"), ("Cache-Control", "private")])
def test_a_private_response_is_not_cached(setup: Setup, header: tuple[str, str]) -> None:
    setup.site.headers.append(header)
    setup.get("/")
    setup.get("/")
    assert setup.outcomes == ["miss", "miss"]


def test_a_request_with_credentials_bypasses_the_cache(setup: Setup) -> None:
    setup.get("/")
    assert "HTTP_AUTHORIZATION" in setup.get("/", Authorization="secret").text
    assert "secret" not in setup.get("/").text
    assert setup.outcomes == ["miss", "bypass", "hit"]


def test_cookies_of_other_sites_neither_bypass_the_cache_nor_reach_the_page(setup: Setup) -> None:
    first = setup.get("/", Cookie="_ga=secret; theme=dark")
    assert setup.get("/", Cookie="_ga=other").text == first.text == setup.get("/").text
    assert "secret" not in first.text
    assert setup.outcomes == ["miss", "hit", "hit"]


def test_a_personal_cookie_bypasses_the_cache(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "PERSONAL_COOKIES", frozenset({"session"}))
    setup.get("/", Cookie="theme=dark; session=secret")
    assert setup.outcomes == ["bypass"]


def test_no_header_of_the_client_reaches_a_cached_page(setup: Setup) -> None:
    response = setup.get(
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
    assert response.status_code == 200
    assert "evil" not in response.text
    assert "6.6.6.6" not in response.text
    assert setup.get("/").data == response.data


def test_pages_with_absolute_urls_are_cached_for_each_host(setup: Setup) -> None:
    first = setup.get("/feed", Host="a.example")
    assert "a.example" in first.text
    assert "a.example" not in setup.get("/feed", Host="b.example").text
    assert setup.get("/feed", Host="a.example").data == first.data
    assert setup.outcomes == ["miss", "miss", "hit"]


def test_a_request_for_the_placeholder_host_does_not_affect_other_hosts(setup: Setup) -> None:
    for _ in range(3):
        setup.get("/feed", Host="localhost")
    text = setup.get("/feed", Host="a.example").text
    assert "a.example" in text
    assert "localhost" not in text


def test_with_a_configured_address_one_page_serves_all_hosts() -> None:
    setup = Setup(has_one_origin=True)
    responses = [setup.get("/feed", Host=host) for host in ("a.example", "b.example")]
    assert responses[0].data == responses[1].data
    assert setup.site.rendered == ["/feed?"]


def test_undeclared_arguments_create_no_entry(setup: Setup) -> None:
    plain = setup.get("/list?year=2022")
    assert setup.get("/list?utm_source=x&year=2022&fbclid=123").data == plain.data
    assert setup.get("/list?year=2022&year=2023").data == plain.data
    assert len(setup.store) == 1
    assert setup.site.rendered == ["/list?year=2022"]


def test_the_order_of_arguments_makes_no_difference(setup: Setup) -> None:
    assert setup.get("/list?year=2022&after=x").data == setup.get("/list?after=x&year=2022").data
    assert setup.outcomes == ["miss", "hit"]


def test_a_strict_route_gets_undeclared_and_repeated_arguments(setup: Setup) -> None:
    setup.get("/api?year=2022")
    setup.get("/api?year=2022&colour=red")
    setup.get("/api?year=2022&year=2022")
    assert setup.outcomes == ["miss", "bypass", "bypass"]
    assert setup.site.rendered[1:] == ["/api?year=2022&colour=red", "/api?year=2022&year=2022"]


@pytest.mark.parametrize(
    "path",
    [
        "/no",
        "/nowhere",
        "/%FF%FE",
        "/list/",
        "/static/x.css",
        "/list?" + "x" * 3_000,
        "/things/" + "x" * 300,
    ],
    ids=["no-rule", "unknown", "not-utf-8", "redirect", "static", "long-query", "long-path"],
)
def test_routes_without_a_rule_and_unknown_paths_bypass_the_cache(setup: Setup, path: str) -> None:
    setup.get(path)
    assert setup.outcomes == ["bypass"]
    assert len(setup.store) == 0


def test_other_methods_bypass_the_cache(setup: Setup) -> None:
    setup.client.post("/")
    assert setup.outcomes == ["bypass"]


def test_head_has_the_headers_of_get_and_no_body(setup: Setup) -> None:
    head, get = setup.client.head("/"), setup.get("/")
    assert head.data == b""
    assert dict(head.headers) == dict(get.headers)
    assert get.headers["Content-Length"] == str(len(get.data))


@pytest.mark.parametrize(
    ("path", "readiness"),
    [
        ("/", Readiness.NOW),
        ("/list", Readiness.SHARED),
        ("/list?year=2020", Readiness.THREAD),
        ("/things/invented", Readiness.THREAD),
        ("/no", Readiness.THREAD),
    ],
)
def test_only_pages_that_many_clients_read_come_before_other_requests(
    setup: Setup, path: str, readiness: Readiness
) -> None:
    setup.get("/")
    assert setup.pages.ready(create_environ(path)) is readiness
