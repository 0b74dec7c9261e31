"""What gunicorn serves: `application`, whose outermost layer is `app.http.observe`, and what its hooks call."""

import sys

from app import create_app, extensions, logs, metrics
from app.config import load
from app.http import health

# A thread that renders keeps the others waiting for so long at each turn, and an answer from memory takes several:
# Python's own 5 ms would make it as slow as the page that is rendered beside it.
_TURN_S = 0.0005

settings = load()
logs.configure(settings.log_level)
application = create_app(settings)
request_lines = logs.RequestLines()


def started(threads: int) -> None:
    """This worker serves from now on: tells the metrics and begins to watch the neighbours."""
    sys.setswitchinterval(_TURN_S)
    metrics.worker_starts.inc()
    metrics.worker_threads.set(threads)
    metrics.worker_places.set(settings.web_concurrency_limit)
    metrics.worker_threads_busy.set(0)
    request_lines.start()
    health.of(application).start()
    application.extensions["freshness"].start()


def draining() -> None:
    """This worker was told to end: unready at once, while it answers what it has begun. Safe in a signal handler."""
    health.of(application).drain()


def stopped() -> None:
    """The last answer is out: connections close last, because answers need them."""
    application.extensions["freshness"].stop()
    health.of(application).stop()
    extensions.mongo.close()
    extensions.redis.close()
    request_lines.stop()
