"""`make dev`: the servers and the demo missions of `make up`, and a web server that reloads changed code."""

import importlib.util
import sys
from pathlib import Path

from app.config import Settings
from app.localdev import up
from app.localdev.errors import LocalDevError

PROFILES = up.ROOT / "build" / "profile" / "requests"


def run(settings: Settings, home: Path = up.HOME, port: int = 8000, profile: bool = False) -> None:
    """Serve the portal of `development.create` on 127.0.0.1 until Ctrl-C; with `profile`, profiles go to PROFILES.

    Raises LocalDevError as `up.run` does, for another environment than `development`, and without the packages of
    the dev role.
    """
    if "environment" in settings.model_fields_set and settings.environment != "development":
        raise LocalDevError(
            f"HALOCLINE_ENVIRONMENT is {settings.environment}: unset it, or set it to development for 'make dev'."
        )
    if importlib.util.find_spec("flask_debugtoolbar") is None:
        raise LocalDevError("flask-debugtoolbar is not installed: start the portal with 'make dev', which installs it.")
    web = [sys.executable, "-m", "app.localdev.reloading", str(port)]
    if profile:
        web.append(str(PROFILES))
    up.run(settings, home, port, simulate=False, web=up.Web(web, is_on_terminal=True))
