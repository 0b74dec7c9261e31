"""Download slots: how many downloads a worker sends at once, in all and to one client."""

import threading
from collections import Counter

import structlog

from app.errors import Overloaded, TooMany
from app.telemetry import metrics

log = structlog.get_logger()

# Each download occupies a thread for minutes. By default as many threads are left beside the concurrency limit, so that
# downloads take none from pages.
WORKER_LIMIT = 4
# A quarter: a client that reads slowly, or opens many connections, leaves the other slots to others.
CLIENT_LIMIT = WORKER_LIMIT // 4


class DownloadSlots:
    """The downloads that a worker sends now, by client."""

    def __init__(self, worker_limit: int = WORKER_LIMIT, client_limit: int = CLIENT_LIMIT) -> None:
        self._worker_limit = worker_limit
        self._client_limit = client_limit
        self._lock = threading.Lock()
        self._by_client: Counter[str | None] = Counter()

    def acquire(self, client: str | None) -> None:
        """Take a slot for this client; for None, only the limit of the worker applies.

        Raises TooMany if the client has as many downloads as it may, and Overloaded if the worker has.
        """
        with self._lock:
            has_client_slot = client is None or self._by_client[client] < self._client_limit
            has_slot = self._by_client.total() < self._worker_limit
            if has_client_slot and has_slot:
                self._by_client[client] += 1
                return
        metrics.downloads_refused.labels("worker" if has_client_slot else "client").inc()
        if not has_client_slot:
            raise TooMany("Another download of this client is running; try again when it has ended.")
        log.warning("download_refused", limit=self._worker_limit)
        raise Overloaded("Too many downloads are running; try again later.")

    def release(self, client: str | None) -> None:
        """Return the slot of a download that has ended."""
        with self._lock:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]  # Clients without a download take no memory.
