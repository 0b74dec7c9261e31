"""The layer in front: what it answers from memory, and what it never keeps."""

import gzip
from typing import Any

import brotli
import pytest

from tests.unit.cache.house import House


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

    house.client.application._app = overtaken  # type: ignore[union-attr]
    assert "version 1" in house.get("/").text
    house.client.application._app = house.site  # type: ignore[union-attr]
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
