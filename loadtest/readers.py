"""Somebody who reads over HTTP: each request counted when sent and judged when answered, and never sent twice."""

import random
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

# geventhttpclient repeats an idempotent request whose connection closes without an answer, up to eleven times and
# unseen. A lost request is what a rollout drill looks for, so here no method counts as repeatable.
geventhttpclient.client.IDEMPOTENT_METHODS = frozenset()

# A limit of requests in a minute is open again after one; who is told to wait longer is not loaded but locked out.
LONGEST_WAIT_S = 60


class Reader(FastHttpUser):
    """Somebody who reads: one request at a time."""

    abstract = True
    # A drain may take 25 s; who has waited 30 s for a page has left.
    network_timeout = 30
    # A listener that does not accept within 5 s is down for a person.
    connection_timeout = 5

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

    def stop(self, force: bool = False) -> bool:
        """Asks the reader to leave before the next request. False: it has not gone yet.

        Locust would kill a user that pauses, and one whose pause ends at that moment has a request under way.
        """
        self.leaving.set()
        return bool(super().stop(force=True)) if force else False

    def wait_time(self) -> float:
        """Seconds until the next step."""
        return random.uniform(*self.think_s) * self.think_factor

    def pause(self, seconds: float) -> None:
        """Waits. Raises StopUser when the reader shall leave."""
        if self.leaving.wait(seconds):
            raise StopUser

    def read(self, path: str, check: Check, *, accept: str = "*/*", again: bool = False) -> bytes:
        """The body; empty after 304 or a failure, which is counted with its reason and never repeated.

        `again` asks with the `ETag` of the last time. After 429 the reader waits as told before anything else.
        """
        etag = self.etags.get(path) if again else None
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        body, wait_s = b"", 0
        self.tally.sent += 1
        with self.client.get(
            path, name=routes.name(path), headers=headers, catch_response=True, allow_redirects=False
        ) as response:
            if (told_s := _told_to_wait_s(response)) is not None:
                wait_s = min(told_s, LONGEST_WAIT_S)
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
        """A page with its static files, those that this person has not loaded yet."""
        body = self.read(path, answers.page(*marks), accept="text/html", again=again)
        for asset in answers.assets(body):
            if asset not in self.loaded and self.read(asset, answers.asset(asset)):
                self.loaded.add(asset)
        return body

    def leave(self) -> None:
        """Closes the connections and forgets what was loaded: the next journey is another person's."""
        self.client.client.clientpool.close()
        self.loaded.clear()


def _told_to_wait_s(response: Any) -> int | None:
    """How long a client over its limit shall wait; None for any other answer, and for a 429 that does not say."""
    wait: str = response.headers.get("Retry-After") or "" if response.status_code == 429 else ""
    return int(wait) if wait.isascii() and wait.isdigit() else None


def _fault(response: Any, check: Check, *, conditional: bool) -> str | None:
    """What is wrong with an answer, in words that are the same for the same cause; None if nothing."""
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
    except answers.Lacking as lacking:
        return str(lacking)
    return None


def _cause(error: BaseException) -> str:
    """The error below Locust's and the client's wrapping, without the URL, whose ids would split one cause."""
    inner = getattr(error, "original", None) or error
    return f"{type(inner).__name__} {getattr(inner, 'strerror', None) or inner}"
