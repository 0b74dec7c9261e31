"""Encodings, ETags and 304 of cached pages."""

import gzip

import brotli
import pytest
from werkzeug.http import generate_etag

from tests.unit.cache.doubles import Setup


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("br, gzip", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("gzip;q=0.5, identity;q=0.6", None),
        ("identity", None),
        ("gzip;q=0, br;q=0", None),
        ("*;q=0", None),
        ("gzip;q=nonsense", None),
        ("brazil, gzipped", None),
        ("", None),
        ("x" * 5_000, None),
    ],
)
def test_the_client_gets_the_encoding_it_prefers(setup: Setup, accepted: str, expected: str | None) -> None:
    plain = setup.get("/").data
    response = setup.get("/", Accept_Encoding=accepted)
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[expected]
    assert response.headers.get("Content-Encoding") == expected
    assert decode(response.data) == plain
    assert response.headers["Vary"] == "Accept-Encoding"


def test_the_etag_is_the_one_that_the_application_computed(setup: Setup) -> None:
    setup.site.headers.append(("ETag", '"from-flask"'))
    etags = [setup.get("/", Accept_Encoding=encoding).headers["ETag"] for encoding in ("", "gzip", "br", "")]
    assert etags == ['"from-flask"', '"from-flask-gzip"', '"from-flask-br"', '"from-flask"']


@pytest.mark.parametrize("headers", [[], [("ETag", 'W/"weak"')]])
def test_a_response_without_a_strong_etag_gets_one_of_its_body(setup: Setup, headers: list[tuple[str, str]]) -> None:
    setup.site.headers += headers
    response = setup.get("/")
    assert response.headers["ETag"] == f'"{generate_etag(response.data)}"'


def test_each_encoding_has_its_own_strong_etag_and_is_revalidated_with_304(setup: Setup) -> None:
    etags = {encoding: setup.get("/", Accept_Encoding=encoding).headers["ETag"] for encoding in ("br", "gzip", "")}
    assert len(set(etags.values())) == 3
    same = [setup.get("/", Accept_Encoding=encoding, If_None_Match=etag) for encoding, etag in etags.items()]
    assert [response.status_code for response in same] == [304, 304, 304]
    again = setup.get("/", If_None_Match=f'"other", W/{etags["br"]}', Accept_Encoding="br")
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etags["br"])
    assert "Content-Length" not in again.headers


@pytest.mark.parametrize("value", ['"other"', "{gzip}", "", "nonsense", '"', "W/", ", ,", "x" * 8_000])
def test_the_etag_of_another_encoding_or_page_does_not_match(setup: Setup, value: str) -> None:
    gzip_etag = setup.get("/", Accept_Encoding="gzip").headers["ETag"]
    assert setup.get("/", Accept_Encoding="br", If_None_Match=value.format(gzip=gzip_etag)).status_code == 200


def test_a_star_matches_any_page(setup: Setup) -> None:
    assert setup.get("/", If_None_Match=" * ").status_code == 304


def test_a_cached_404_is_never_answered_with_304(setup: Setup) -> None:
    setup.site.status = "404 Not Found"
    setup.get("/things/a")
    assert setup.get("/things/a", If_None_Match="*").status_code == 404
