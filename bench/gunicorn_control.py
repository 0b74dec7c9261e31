"""gunicorn's production settings for other applications: without the hooks, which depend on the portal."""

import os
import runpy
from pathlib import Path

_production = runpy.run_path(str(Path(__file__).parent.parent / "gunicorn.conf.py"))
_plain = (str, int, float, bool, dict, type(None))
globals().update(
    {name: value for name, value in _production.items() if not name.startswith("_") and isinstance(value, _plain)}
    | {"logger_class": _production["logger_class"]}
)
del globals()["wsgi_app"]
# Set by bench.portals: gunicorn's own class, so that a control stays the same when production changes, or production's.
if (_class := os.environ["BENCH_WORKER_CLASS"]) != "production":
    worker_class = _class
