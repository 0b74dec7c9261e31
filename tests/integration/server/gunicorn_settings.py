"""gunicorn's settings for the tests of the worker class: two requests at once, four threads, small limits."""

from app.server.bodies import BodyRoute
from app.server.readiness import Readiness

worker_class = "app.server.worker.EventLoopWorker"
workers = 1
threads = 4
worker_connections = 64
keepalive = 95
graceful_timeout = 10
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190


def post_worker_init(worker):
    from app.server import bodies, request_body
    from tests.integration.server import application

    request_body.READ_TIMEOUT_S = request_body.GRACE_S = 1
    bodies._MAX_COLLECTING = 50
    worker.body_routes = (
        BodyRoute("/body", 100_000_000, 2),
        BodyRoute("/small", 10, 1),
        BodyRoute("/collected", 65_536, 1, 1.0),
        BodyRoute("/patient", 65_536, 1, 60.0),
    )
    worker.on_stop = application.end_all
    worker.concurrency_limit = 2
    worker.ready = ready


def ready(environ):
    if environ["QUERY_STRING"] == "unknown":
        raise ValueError("a fault of ready")
    return Readiness.NOW if environ["PATH_INFO"] == "/now" or environ["QUERY_STRING"] == "now" else Readiness.THREAD
