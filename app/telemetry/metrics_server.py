"""The metrics process: serves `/metrics` on its own port, from the metric files of the web workers.

It is a separate process so that a scrape never queues behind the requests that it measures.
"""

import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from socketserver import BaseServer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog
from flask import Flask

from app.config import Settings, SettingsError
from app.telemetry import exposition
from app.telemetry.store_metrics import StoreReads

log = structlog.get_logger()

# Two Prometheus servers, the kubelet's probe and a person with curl.
_THREADS = 4
# A silent client occupies a thread for no longer than this.
_CLIENT_TIMEOUT_S = 5.0


class _Handler(WSGIRequestHandler):
    timeout = _CLIENT_TIMEOUT_S

    def log_message(self, _format: str, *_args: Any) -> None:
        """Scrapes are not logged."""


class _Server(WSGIServer):
    """A WSGI server with a few threads, small enough to run beside each web process."""

    request_queue_size = 16

    def __init__(self, host: str, port: int, app: Flask) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="metrics")
        super().__init__((host, port), _Handler)
        self.set_app(app)

    def server_bind(self) -> None:
        """Bind without the library's reverse look-up of the host name, which waits for a DNS that may not answer."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        host, port = self.socket.getsockname()[:2]
        self.server_address, self.server_name, self.server_port = (host, port), host, port
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._pool.submit(self._answer, request, client_address)

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # The client closed the connection.
        finally:
            self.shutdown_request(request)

    def server_close(self) -> None:
        BaseServer.server_close(self)
        self.socket.close()
        self._pool.shutdown()


def serve(settings: Settings, reads: StoreReads) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsError without a directory of metric files."""
    if settings.prometheus_multiproc_dir is None:
        raise SettingsError("PROMETHEUS_MULTIPROC_DIR: must name the directory that the web workers write to")
    host, _, port = settings.metrics_bind.rpartition(":")
    app = exposition.create_app(settings.prometheus_multiproc_dir, reads)
    server = _Server(host, int(port), app)

    def stop(_signum: int, _frame: Any) -> None:
        # `shutdown` waits for the loop that this handler interrupts, so it runs in another thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("metrics_serving", port=server.server_port)
    try:
        server.serve_forever(poll_interval=0.2)
    finally:
        server.server_close()
