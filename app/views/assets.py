"""Built files of the front end. Their names contain a hash of their content; the manifest of the build lists them."""

from pathlib import Path

import orjson
from flask import Flask, request
from whitenoise import WhiteNoise

# Written by `npm run build`, see app/assets/build.mjs.
STATIC = Path(__file__).parent.parent / "static"
# `site.0123456789ab.css`: changed content gets another name, so browsers may cache it without limit.
_NAMED_BY_CONTENT = r"\.[0-9a-f]{12}\.[a-z]+$"
# For the few files whose name does not change, such as the licences.
_OTHERS_MAX_AGE_S = 3600


def install(app: Flask, folder: Path = STATIC) -> None:
    """Serve `/static/`, and give templates `asset(name)`: the path of a built file.

    Without a build, `/static/` responds with 404 and everything else works.
    """
    names = _read(folder / "manifest.json")
    if names:
        with_static_files = WhiteNoise(
            app.wsgi_app,
            root=folder,
            prefix="/static/",
            immutable_file_test=_NAMED_BY_CONTENT,
            max_age=_OTHERS_MAX_AGE_S,
            allow_all_origins=False,
        )
        app.wsgi_app = with_static_files  # type: ignore[method-assign]  # As Flask documents it.

    def asset(name: str) -> str:
        return f"{request.script_root}/static/{names.get(name, name)}"

    app.jinja_env.globals["asset"] = asset


def _read(manifest: Path) -> dict[str, str]:
    try:
        names: dict[str, str] = orjson.loads(manifest.read_bytes())
    except FileNotFoundError:
        return {}  # API and probes work without a front end.
    return names
