"""The web server of `halocline dev`: Werkzeug's, which restarts when a Python file or the built front end changes.

`python -m app.localdev.reloading PORT [PROFILE_DIR]`. At the top it imports no other module of the portal, so that an
error in one of them does not end the server.
"""

import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, is_running_from_reloader, run_simple

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ROOT = Path(__file__).resolve().parents[2]
# `npm run build` replaces it. The application reads it once, at its start.
_MANIFEST = _ROOT / "app" / "static" / "manifest.json"
# The portal imports nothing from them, so changes there restart nothing.
_OTHER_FOLDERS = ("bench", "loadtest", "monitoring", "tests")


class _RequestHandler(WSGIRequestHandler):
    """Without an access log: app.telemetry.observe logs each request, with its route and its id."""

    def log_request(self, *_: Any, **__: Any) -> None:
        """Log nothing."""


def serve(port: int, profile_dir: Path | None) -> None:
    """Serve on 127.0.0.1 until SIGTERM. An application that cannot be created answers 500 until a file changes."""
    # The first process only restarts the second one, which serves.
    application = _application(profile_dir) if is_running_from_reloader() else _no_application
    run_simple(
        "127.0.0.1",
        port,
        application,
        use_reloader=True,
        extra_files=[str(_MANIFEST)],
        exclude_patterns=[str(_ROOT / folder / "*") for folder in _OTHER_FOLDERS],
        # Python runs one profiler at a time.
        threaded=profile_dir is None,
        request_handler=_RequestHandler,
    )


def _application(profile_dir: Path | None) -> "WSGIApplication":
    try:
        from app import config, portal
        from app.localdev import development
        from app.telemetry import logs

        settings = config.load()
        logs.configure(settings.log_level)
        app = development.create(settings, profile_dir)
        portal.of(app).health.start()
    except Exception:  # noqa: BLE001  Any error of the code that is being written.
        traceback.print_exc()
        return _no_application
    return app


def _no_application(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"The portal could not start. The terminal shows the error; save a corrected file to try again.\n"]


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
