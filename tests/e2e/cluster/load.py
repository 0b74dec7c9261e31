"""Load: Locust's journeys with their verdict, and a simple driver that counts every request."""

import collections
import contextlib
import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.cluster.cluster import Failed, until

LOCUSTFILE = Path(__file__).parents[3] / "loadtest/locustfile.py"
# Longer than a drain may take, so that a slow response does not count as lost.
TIMEOUT_S = 40


class Locust:
    """A run of the load test in the background, and its summary at the end."""

    def __init__(self, url: str, folder: Path, *options: str) -> None:
        self._summary = folder / "summary.json"
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        self._log = folder / "locust.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--host", url, "--summary", str(self._summary), *options],
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def is_running(self) -> bool:
        return self.process.poll() is None

    def result(self, timeout_s: float) -> dict[str, Any]:
        """The summary. Raises Failed if there is none."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            self.stop()
            raise Failed(f"Locust did not end:\n{self._log.read_text()[-2000:]}") from error
        if not self._summary.exists():
            raise Failed(f"Locust wrote no summary:\n{self._log.read_text()[-2000:]}")
        summary: dict[str, Any] = json.loads(self._summary.read_text())
        return summary

    def stop(self) -> None:
        """Terminate the run; kill it if it does not end in time."""
        if self.is_running():
            self.process.terminate()
            try:
                self.process.wait(45)
            except subprocess.TimeoutExpired:
                self.process.kill()


@contextlib.contextmanager
def locust(url: str, folder: Path, *options: str) -> Iterator[Locust]:
    """A run that is stopped at the end of the block."""
    run = Locust(url, folder, *options)
    try:
        yield run
    finally:
        run.stop()


class Driver:
    """Clients that request one path repeatedly over persistent connections and never retry.

    They start one after the other within `spread_s`. If all started at once, slow requests would run in step, and it
    would be chance if a killed pod had any of them. With `unique`, each request has another query, so no cache has it.
    """

    def __init__(self, url: str, clients: int, pause_s: float = 0, spread_s: float = 0, unique: bool = False) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._path, self._pause_s = parts.netloc, parts.path or "/", pause_s
        self._numbers = itertools.count() if unique else None
        self._lock, self._stop = threading.Lock(), threading.Event()
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.first_at_s: dict[str, float] = {}
        self.failed_at_s: list[float] = []
        self.durations_s: list[float] = []
        self._began_s, self._took_s = time.monotonic(), 0.0
        # None without a pause: then the clients send as fast as they get responses.
        self.offered_per_s = round(clients / pause_s, 1) if pause_s else None
        self._threads = [
            threading.Thread(target=self._run, args=[spread_s * n / clients], daemon=True) for n in range(clients)
        ]

    def __enter__(self) -> "Driver":
        self._began_s = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._took_s = time.monotonic() - self._began_s
        for thread in self._threads:
            thread.join(TIMEOUT_S + 5)

    @property
    def sent(self) -> int:
        return sum(self.outcomes.values())

    @property
    def failed(self) -> dict[str, int]:
        """Counts of all outcomes other than 200."""
        with self._lock:
            return {outcome: count for outcome, count in self.outcomes.items() if outcome != "200"}

    def p99_s(self, since: int = 0) -> float:
        """The 99th percentile of the durations, s; of the requests after the first `since` of them."""
        with self._lock:
            durations = sorted(self.durations_s[since:])
        return durations[int(len(durations) * 0.99)]

    def _run(self, after_s: float) -> None:
        self._stop.wait(after_s)
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        while not self._stop.is_set():
            began_s = time.monotonic()
            outcome = self._outcome(connection)
            took_s = time.monotonic() - began_s
            with self._lock:
                self.outcomes[outcome] += 1
                self.durations_s.append(took_s)
                self.first_at_s.setdefault(outcome, time.time())
                if outcome != "200":
                    self.failed_at_s.append(time.monotonic())
            self._stop.wait(self._pause_s)
        connection.close()

    def _outcome(self, connection: http.client.HTTPConnection) -> str:
        """The status of one request, or the name of its error."""
        try:
            query = "" if self._numbers is None else f"?q=unique{next(self._numbers)}"
            connection.request("GET", self._path + query)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        return str(response.status)


# Pages that every visitor reads, so that caches have them.
PAGES = ["/", "/missions", "/map", "/fleet", "/stats", "/updates", "/api/v1/missions", "/api/v1/totals"]


class Visitors:
    """Clients that read all pages at a steady rate and never retry."""

    def __init__(self, url: str, clients_per_page: int = 2, pause_s: float = 0.1) -> None:
        self._drivers = [Driver(url + page, clients_per_page, pause_s) for page in PAGES]
        self._began_s, self._took_s = 0.0, 0.0

    def __enter__(self) -> "Visitors":
        self._began_s = time.monotonic()
        for driver in self._drivers:
            driver.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._took_s = time.monotonic() - self._began_s
        for driver in self._drivers:
            driver.__exit__(*exception)

    @property
    def sent(self) -> int:
        return sum(driver.sent for driver in self._drivers)

    @property
    def failed(self) -> collections.Counter[str]:
        """Counts of all outcomes other than 200, of all pages."""
        return sum((collections.Counter(driver.failed) for driver in self._drivers), collections.Counter[str]())

    def wait(self, requests: int) -> None:
        """Let them send this many requests in all."""
        until(f"{requests} requests", lambda: self.sent >= requests, 600, every_s=0.2)

    @property
    def figures(self) -> dict[str, Any]:
        """Requests, failures, and the offered and the achieved rate, after the end of the block."""
        offered_per_s = sum(driver.offered_per_s or 0 for driver in self._drivers)
        rate = {"offered per s": offered_per_s, "achieved per s": round(self.sent / self._took_s, 1)}
        return {"requests": self.sent, "failed": dict(self.failed), **rate}
