"""Controls to compare the portal with, under the same gunicorn: `bare` sends bytes, `rendered` renders a page."""

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Environment variables: the file with the bytes to send, and the size of the rendered page in bytes.
BODY, SIZE = "BENCH_BODY", "BENCH_SIZE"

_ROW = (
    '<tr><th scope="row"><a href="/missions/{{ row.platform }}/{{ row.mission }}">{{ row.platform|upper }}</a></th>'
    "<td>{{ row.mission }}</td><td>{{ row.project }}</td><td class=\"number\">{{ '{:,}'.format(row.profiles) }}</td>"
    "<td class=\"number\">{{ '%.1f'|format(row.distance_km) }} km</td><td>{{ '%.2f'|format(row.lat) }}, "
    "{{ '%.2f'|format(row.lon) }}</td></tr>\n"
)
_PAGE = "<!doctype html><title>Missions</title><table>{% for row in rows %}" + _ROW + "{% endfor %}</table>"


@lru_cache
def _body() -> bytes:
    return Path(os.environ[BODY]).read_bytes()


def bare(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The cheapest possible WSGI application: the same bytes for every request."""
    body = _body()
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


def _rendered() -> Flask:
    app = Flask("control")
    rows = [
        {
            "platform": f"sea{n:03d}",
            "mission": f"2024{n % 12 + 1:02d}{n % 28 + 1:02d}T1130",
            "project": f"Project {n % 17}",
            "profiles": n * 37 + 12,
            "distance_km": n * 1.37,
            "lat": 55 + n * 0.013,
            "lon": 15 + n * 0.027,
        }
        for n in range(2000)
    ]
    page = app.jinja_env.from_string(_PAGE)
    whole = len(page.render(rows=rows))
    shown = rows[: round(int(os.environ.get(SIZE, "30000")) * len(rows) / whole)]

    @app.get("/")
    @app.get("/<path:_path>")
    def index(_path: str = "") -> str:
        return page.render(rows=shown)

    return app


def __getattr__(name: str) -> Flask:
    """`rendered`, created when gunicorn imports the name."""
    if name != "rendered":
        raise AttributeError(name)
    return _rendered()
