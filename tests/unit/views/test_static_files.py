"""Static files: the encoding that a client accepts, and 304 for an ETag that it has."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest

from app.views import assets

Call = Callable[..., tuple[str, dict[str, str], bytes]]
TEXT = b"body { margin: 0 }\n" * 100
PATH = "/static/site.0123456789ab.css"


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The layer for static files over a build with one file."""
    name = Path(PATH).name
    (tmp_path / "manifest.json").write_text(f'{{"site.css": "{name}"}}')
    (tmp_path / name).write_bytes(TEXT)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(TEXT))
    (tmp_path / f"{name}.br").write_bytes(brotli.compress(TEXT))
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    return assets.serve_static(lambda _environ, _start_response: [])


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=0", None),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.000,gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("brazil", None),
        ("", None),
    ],
)
def test_a_client_gets_an_encoding_that_it_accepts(
    accepted: str, encoding: str | None, static: Any, call: Call
) -> None:
    status, headers, body = call(static, PATH, HTTP_ACCEPT_ENCODING=accepted)
    decode: Any = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding or "", bytes)

    assert (status, headers.get("Content-Encoding"), decode(body)) == ("200 OK", encoding, TEXT)


@pytest.mark.parametrize(
    ("sent", "status"),
    [("{}", 304), ("W/{}", 304), ('"a", {}', 304), ('W/"a",W/{} , "b"', 304), ("*", 304), ('"a"', 200), ("W/", 200)],
)
def test_an_etag_that_the_client_has_gets_304(sent: str, status: int, static: Any, call: Call) -> None:
    etag = call(static, PATH)[1]["ETag"]

    answer = call(static, PATH, HTTP_IF_NONE_MATCH=sent.format(etag))

    assert (int(answer[0][:3]), answer[2]) == (status, b"" if status == 304 else TEXT)
