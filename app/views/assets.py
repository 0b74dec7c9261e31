"""Static files of the build: their names contain a hash of the content, and the manifest of the build lists them."""

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from flask import Flask, request
from whitenoise import WhiteNoise

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Written by `npm run build`, see app/assets/build.mjs.
STATIC = Path(__file__).parent.parent / "static"
# Such as `site.0123456789ab.css`. Changed content gets another name, so browsers may cache the file for ever.
_NAMED_BY_CONTENT = r"\.[0-9a-f]{12}\.[a-z]+$"
# Cache lifetime of the few files that have no hash in their name, such as the licences.
_OTHERS_KEPT_S = 3600


def serve_static(app: "WSGIApplication") -> "WSGIApplication":
    """The WSGI layer that answers `/static/`; without a build it is the application itself, which answers 404."""
    if not _manifest():
        return app
    served: WSGIApplication = WhiteNoise(
        app,
        root=STATIC,
        prefix="/static/",
        immutable_file_test=_NAMED_BY_CONTENT,
        max_age=_OTHERS_KEPT_S,
        allow_all_origins=False,
    )
    return served


def paths() -> frozenset[str]:
    """The URL paths of all static files."""
    files = (path for path in STATIC.rglob("*") if path.is_file())
    return frozenset(f"/static/{path.relative_to(STATIC).as_posix()}" for path in files)


def install(app: Flask) -> None:
    """Give templates `asset(name)`: the path of a built file."""
    names = _manifest()

    def asset(name: str) -> str:
        return f"{request.script_root}/static/{names.get(name, name)}"

    app.jinja_env.globals["asset"] = asset


def _manifest() -> dict[str, str]:
    try:
        names: dict[str, str] = orjson.loads((STATIC / "manifest.json").read_bytes())
    except FileNotFoundError:
        return {}  # The API and the probes work without a front end.
    return names
