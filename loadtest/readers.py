"""Simulated HTTP client: every request is counted when sent, judged when answered, and never repeated."""

import random
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import answers
import geventhttpclient.client
import routes
from answers import Check
from gevent.event import Event
from locust import FastHttpUser
from locust.env import Environment
from locust.exception import StopUser
from tally import SHED, Tally
from target import Mission

# geventhttpclient silently repeats an idempotent request whose connection closes without a response, up to eleven
# times. A lost request is what a rollout drill looks for, so here no method counts as idempotent.
geventhttpclient.client.IDEMPOTENT_METHODS = frozenset()

# A rate limit per minute ends after a minute; a client that must wait longer produces no load.
LONGEST_WAIT_S = 60


class Reader(FastHttpUser):
    """Simulated client with one request in flight at a time."""

    abstract = True
    # A drain may take 25 s; a visitor who has waited 30 s for a page has left.
    network_timeout = 30
    # A server that does not accept a connection within 5 s is down for a visitor.
    connection_timeout = 5

    # Set when the checks of this process are over: a master may start users of a worker before.
    ready: ClassVar[Event] = Event()
    tally: ClassVar[Tally]
    missions: ClassVar[Sequence[Mission]]
    # Scales every pause: drills that need many requests from few users set less than 1.
    think_factor: ClassVar[float] = 1
    think_s: ClassVar[tuple[float, float]] = (1, 3)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.leaving = Event()
        self.etags: dict[str, str] = {}
        self.loaded: set[str] = set()

    def on_start(self) -> None:
        """Wait for the checks of this process."""
        self.ready.wait()

    def stop(self, force: bool = False) -> bool:
        """Stop the reader before its next request. Return False while it is still running.

        Locust would kill a user that pauses, and one whose pause has just ended has a request in flight.
        """
        self.leaving.set()
        return bool(super().stop(force=True)) if force else False

    def wait_time(self) -> float:
        """Return the pause before the next step in seconds."""
        return random.uniform(*self.think_s) * self.think_factor

    def pause(self, seconds: float) -> None:
        """Wait. Raises StopUser when the reader has to stop."""
        if self.leaving.wait(seconds):
            raise StopUser

    def read(self, path: str, check: Check, *, accept: str = "*/*", again: bool = False) -> bytes:
        """Return the body; empty after 304 or a failure, which is counted with its reason and never repeated.

        `again` sends the `ETag` of the previous response. After 429 the reader waits as Retry-After requires.
        """
        etag = self.etags.get(path) if again else None
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        body, wait_s = b"", 0
        self.tally.send(time.time())
        with self.client.get(
            path, name=routes.name(path), headers=headers, catch_response=True, allow_redirects=False
        ) as response:
            if (retry_after_s := _retry_after_s(response)) is not None:
                wait_s = min(retry_after_s, LONGEST_WAIT_S)
                response.request_meta["name"] += f" {routes.LIMITED}"
                response.success()
            elif (reason := _fault(response, check, conditional=etag is not None)) is not None:
                response.failure(reason)
            elif response.status_code == 304:
                response.request_meta["name"] += f" {routes.UNCHANGED}"
            else:
                body = response.content or b""
                self.etags |= {path: response.headers["ETag"]} if again and response.headers.get("ETag") else {}
        if wait_s:
            self.pause(wait_s)
        return body

    def page(self, path: str, *marks: str, again: bool = False) -> bytes:
        """Return a page, and load those of its static files that are not in the browser cache yet."""
        body = self.read(path, answers.page(*marks), accept="text/html", again=again)
        for asset in answers.assets(body):
            if asset not in self.loaded and self.read(asset, answers.asset(asset)):
                self.loaded.add(asset)
        return body

    def leave(self) -> None:
        """Close the connections and clear the browser cache: the next journey is that of a new visitor."""
        self.client.client.clientpool.close()
        self.loaded.clear()


def _retry_after_s(response: Any) -> int | None:
    """Return the Retry-After of a 429 in seconds; None for any other response and for a 429 without one."""
    wait: str = response.headers.get("Retry-After") or "" if response.status_code == 429 else ""
    return int(wait) if wait.isascii() and wait.isdigit() else None


def _fault(response: Any, check: Check, *, conditional: bool) -> str | None:
    """Return the fault of a response, the same text for the same cause; None if there is none."""
    if response.status_code == 0:
        return f"no answer: {_cause(response.error)}"
    if response.status_code == 304 and conditional:
        return None
    if response.status_code == 503 and response.headers.get("Retry-After"):
        return SHED
    if response.status_code != 200:
        return f"status {response.status_code}"
    if response.request_meta["exception"] is not None:
        return f"answer cut short: {_cause(response.request_meta['exception'])}"
    try:
        check(response.content or b"")
    except answers.Incomplete as error:
        return str(error)
    return None


def _cause(error: BaseException) -> str:
    """Return the error that Locust and the client wrap, without the URL, whose ids would split one cause."""
    inner = getattr(error, "original", None) or error
    return f"{type(inner).__name__} {getattr(inner, 'strerror', None) or inner}"
