"""Where the built files are: names carry their content's hash, the build's manifest knows them."""

from pathlib import Path

import orjson
from flask import Flask, request
from whitenoise import WhiteNoise

# Written by `npm run build`, see app/assets/build.mjs.
STATIC = Path(__file__).parent.parent / "static"
# `site.0123456789ab.css`: another content is another name, so browsers may keep it for ever.
_NAMED_BY_CONTENT = r"\.[0-9a-f]{12}\.[a-z]+$"
# For the few files that keep their name, such as the licences.
_OTHERS_KEPT_S = 3600


def install(app: Flask, folder: Path = STATIC) -> None:
    """Serves `/static/` and gives templates `asset(name)`: the path of a built file.

    Without a build that path answers 404 and everything else works.
    """
    names = _read(folder / "manifest.json")
    if names:
        served = WhiteNoise(
            app.wsgi_app,
            root=folder,
            prefix="/static/",
            immutable_file_test=_NAMED_BY_CONTENT,
            max_age=_OTHERS_KEPT_S,
            allow_all_origins=False,
        )
        app.wsgi_app = served  # type: ignore[method-assign]  # Flask documents it as the way to add a layer.

    def asset(name: str) -> str:
        return f"{request.script_root}/static/{names.get(name, name)}"

    app.jinja_env.globals["asset"] = asset


def _read(manifest: Path) -> dict[str, str]:
    try:
        names: dict[str, str] = orjson.loads(manifest.read_bytes())
    except FileNotFoundError:
        return {}  # The API and the probes work without a front end.
    return names
