"""Who comes: a visitor at a desk, a scientist on the API, somebody on a phone. They only read."""

import random
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import answers
import geventhttpclient.client
from answers import Check
from gevent.event import Event
from locust import FastHttpUser, SequentialTaskSet, task
from locust.env import Environment
from locust.exception import StopUser
from tally import Tally
from target import Mission

# geventhttpclient repeats an idempotent request whose connection closes without an answer, up to eleven times and
# unseen. A lost request is what a rollout drill looks for, so here no method counts as repeatable.
geventhttpclient.client.IDEMPOTENT_METHODS = frozenset()


class Reader(FastHttpUser):
    """Somebody who reads: one request at a time, each counted when sent and judged when answered."""

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

    def stop(self, force: bool = False) -> bool:
        """Asks the reader to leave before the next request. False: it has not gone yet.

        Locust would kill a user that pauses, and one whose pause ends at that moment has a request under way.
        """
        self.leaving.set()
        return bool(super().stop(force=True)) if force else False

    def wait_time(self) -> float:
        """Seconds until the next step."""
        return random.uniform(*self.think_s) * self.think_factor

    def read(
        self, path: str, name: str, check: Check, *, accept: str = "*/*", etag: str | None = None
    ) -> tuple[bytes, str | None]:
        """The body and its ETag; empty after 304 or a failure, which is counted with its reason and never repeated."""
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        self.tally.sent += 1
        with self.client.get(path, name=name, headers=headers, catch_response=True, allow_redirects=False) as response:
            reason = _fault(response, check, conditional=etag is not None)
            if reason is not None:
                response.failure(reason)
                return b"", None
            return response.content or b"", response.headers.get("ETag")

    def leave(self) -> None:
        """Closes the connections: the next journey is another person's."""
        self.client.client.clientpool.close()


def _fault(response: Any, check: Check, *, conditional: bool) -> str | None:
    """What is wrong with an answer, in words that are the same for the same cause; None if nothing."""
    if response.status_code == 0:
        return f"no answer: {_cause(response.error)}"
    if response.status_code == 304 and conditional:
        return None
    if response.status_code in (429, 503) and response.headers.get("Retry-After"):
        return f"status {response.status_code} with Retry-After"
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


def _path(mission: Mission) -> str:
    return f"/missions/{quote(mission.platform, safe='')}/{quote(mission.mission, safe='')}"


class Journey(SequentialTaskSet):
    """Steps in order, again and again, with a pause between them in which the reader can leave."""

    user: Reader

    def wait(self) -> None:
        """Pauses. Raises StopUser when the reader shall leave."""
        if self.user.leaving.wait(self.user.wait_time()):
            raise StopUser


class Visit(Journey):
    """Landing page with all it pulls in, the list, one mission."""

    @task
    def landing(self) -> None:
        body, _ = self.user.read("/", "/", answers.page("data-total"), accept="text/html")
        for path in answers.assets(body):
            self.user.read(path, "/static/<path:filename>", answers.something)
        self.user.read("/api/v1/tracks?limit=200", "/api/v1/tracks", answers.features)

    @task
    def mission_list(self) -> None:
        self.user.read("/missions", "/missions", answers.page("/missions/"), accept="text/html")

    @task
    def mission(self) -> None:
        mission = random.choice(self.user.missions)
        self.user.read(
            _path(mission), "/missions/<platform>/<mission>", answers.page(mission.mission), accept="text/html"
        )
        self.user.read(
            f"/api/v1{_path(mission)}/track",
            "/api/v1/missions/<platform>/<mission>/track",
            answers.features if mission.positioned else answers.json_object,
        )

    @task
    def go(self) -> None:
        self.user.leave()


class Browse(Journey):
    """What the menu leads to: the archive on its map, lists in another order, platforms, sums, news, a search."""

    @task
    def archive(self) -> None:
        self._page("/map")
        self.user.read("/api/v1/tracks?limit=200&detail=coarse", "/api/v1/tracks", answers.features)

    @task
    def longest(self) -> None:
        self._page("/missions?sort=longest", "/missions")

    @task
    def fleet(self) -> None:
        self._page("/fleet")
        self._page(f"/fleet/{quote(random.choice(self.user.missions).platform, safe='')}", "/fleet/<serial>")

    @task
    def sums(self) -> None:
        self._page("/stats")

    @task
    def news(self) -> None:
        self._page("/updates")
        self._page("/status")

    @task
    def search(self) -> None:
        sought = urlencode({"q": random.choice(self.user.missions).platform, "show": "all"})
        self._page(f"/search?{sought}", "/search")

    @task
    def go(self) -> None:
        self.user.leave()

    def _page(self, path: str, name: str | None = None) -> None:
        self.user.read(path, name or path, answers.page("<h1"), accept="text/html")


class Study(Journey):
    """The API by cursor to a mission, its profiles and its data."""

    cursor: str | None = None
    mission: Mission

    @task
    def pages(self) -> None:
        for _ in range(2):
            query = {"limit": "50"} | ({"cursor": self.cursor} if self.cursor else {})
            body, _ = self.user.read(f"/api/v1/missions?{urlencode(query)}", "/api/v1/missions", answers.items)
            self.cursor = answers.json_object(body)["next"] if body else None

    @task
    def one(self) -> None:
        self.mission = random.choice(self.user.missions)
        self.user.read(
            f"/api/v1{_path(self.mission)}",
            "/api/v1/missions/<platform>/<mission>",
            answers.record(platform=self.mission.platform, mission=self.mission.mission),
        )

    @task
    def profiles(self) -> None:
        self.user.read(
            f"/api/v1{_path(self.mission)}/profiles?limit=100",
            "/api/v1/missions/<platform>/<mission>/profiles",
            answers.items,
        )

    @task
    def export(self) -> None:
        data = f"/api/v1{_path(self.mission)}/data"
        self.user.read(data, "/api/v1/missions/<platform>/<mission>/data", answers.table)
        self.user.read(f"{data}?format=netcdf", "/api/v1/missions/<platform>/<mission>/data as NetCDF", answers.netcdf)

    @task
    def observations(self) -> None:
        self.user.read("/api/v1/observations?days=1", "/api/v1/observations", answers.json_object)


class Glance(Journey):
    """The landing page and one mission again and again: what has not changed is answered 304."""

    def on_start(self) -> None:
        self.mission = random.choice(self.user.missions)
        self.etags: dict[str, str | None] = {}

    @task
    def landing(self) -> None:
        self._again("/", "/", answers.page("data-total"))

    @task
    def totals(self) -> None:
        self._again("/api/v1/totals", "/api/v1/totals", answers.totals)

    @task
    def one(self) -> None:
        self._again(_path(self.mission), "/missions/<platform>/<mission>", answers.page(self.mission.mission))

    def _again(self, path: str, name: str, check: Check) -> None:
        known = self.etags.get(path)
        _, etag = self.user.read(path, name, check, etag=known)
        self.etags[path] = etag or known


class Visitor(Reader):
    """A person at a desk, new at every journey."""

    weight = 5
    think_s = (1, 4)
    tasks: ClassVar = [Visit]


class Browser(Reader):
    """A person who looks around, new at every journey."""

    weight = 2
    think_s = (1, 4)
    tasks: ClassVar = [Browse]


class Scientist(Reader):
    """A script or a notebook that walks the API."""

    weight = 1
    think_s = (1, 3)
    tasks: ClassVar = [Study]


class Phone(Reader):
    """Somebody who looks, puts the phone away, and looks again."""

    weight = 3
    think_s = (4, 10)
    tasks: ClassVar = [Glance]
