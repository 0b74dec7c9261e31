"""User journeys: visitors at a desk and on a phone, one who browses, an API client, a crawler."""

import math
import random
from urllib.parse import quote, urlencode, urlsplit

import answers
from locust import SequentialTaskSet, task
from readers import Reader
from target import Mission

# Pictures further down a page load only after scrolling, which few visitors do.
PICTURES_IN_VIEW = 2
# The map requests the cells of a grid, so that neighbouring views share a response; cell size at the zoom of a sea.
GRID_DEG = 5.625


def _path(mission: Mission) -> str:
    return f"/missions/{quote(mission.platform, safe='')}/{quote(mission.mission, safe='')}"


def _box(mission: Mission) -> str:
    """Return the mission's bounding box, widened to the grid."""
    west, south, east, north = mission.bbox or (-180.0, -90.0, 180.0, 90.0)
    low = [math.floor(edge / GRID_DEG) * GRID_DEG for edge in (west, south)]
    high = [math.ceil(edge / GRID_DEG) * GRID_DEG for edge in (east, north)]
    return ",".join(f"{edge:g}" for edge in (*low, *high))


class Journey(SequentialTaskSet):
    """Steps in order, repeated, with a pause after each in which the reader can stop."""

    user: Reader

    def wait(self) -> None:
        """Pause. Raises StopUser when the reader has to stop."""
        self.user.pause(self.user.wait_time())

    def pictures(self, body: bytes) -> None:
        """Load the pictures that are in view without scrolling."""
        for path in answers.pictures(body)[:PICTURES_IN_VIEW]:
            self.user.read(path, answers.png)

    def track(self, mission: Mission) -> None:
        """Load a mission's track."""
        check = answers.features if mission.bbox else answers.json_object
        self.user.read(f"/api/v1{_path(mission)}/track", check)


class Visit(Journey):
    """Landing page with all that it loads, the list, one mission with its sections and profiles."""

    mission: Mission

    @task
    def landing(self) -> None:
        body = self.user.page("/", "data-total", 'data-map="fleet"')
        self.pictures(body)
        for tracks in answers.named(body, "data-tracks"):
            self.user.read(tracks, answers.features)

    @task
    def mission_list(self) -> None:
        self.user.page("/missions", "/missions/")

    @task
    def one(self) -> None:
        self.mission = random.choice(self.user.missions)
        body = self.user.page(_path(self.mission), self.mission.mission, 'data-figure="samples"')
        self.track(self.mission)
        self.pictures(body)

    @task
    def explore(self) -> None:
        own = f"/api/v1{_path(self.mission)}"
        for section in self._some(f"{own}/sections", "variable"):
            self.user.read(f"{own}/sections/{quote(section, safe='')}", answers.record(variable=section))
        for number in self._some(f"{own}/profiles?limit=100", "number"):
            self.user.read(f"{own}/profiles/{number}", answers.json_object)

    @task
    def go(self) -> None:
        self.user.leave()

    def _some(self, path: str, field: str) -> list[str]:
        """Return this field of a random item of a list as a list; empty for an empty list."""
        body = self.user.read(path, answers.listed)
        items = answers.json_object(body)["items"] if body else []
        return [str(random.choice(items)[field])] if items else []


class Browse(Journey):
    """The pages of the menu: map by box and year, filtered lists, platforms, basins, statistics, updates, search."""

    mission: Mission

    @task
    def archive(self) -> None:
        self.mission = random.choice(self.user.missions)
        for tracks in answers.named(self.user.page("/map", 'data-map="archive"'), "data-tracks"):
            self.user.read(tracks, answers.features)

    @task
    def closer(self) -> None:
        box = urlencode({"limit": 100, "detail": "medium", "bbox": _box(self.mission)}, safe=",")
        self.user.read(f"/api/v1/tracks?{box}", answers.features if self.mission.bbox else answers.json_object)
        self.user.page(f"/map?year={self.mission.year}", 'data-map="archive"')

    @task
    def lists(self) -> None:
        chosen = random.choice([{"year": self.mission.year}, {"platform": self.mission.platform}, {"sort": "longest"}])
        body = self.user.page(f"/missions?{urlencode(chosen)}", "/missions/")
        for next_page in answers.links(body, "/missions?")[:1]:
            self.user.page(next_page, "/missions/")

    @task
    def fleet(self) -> None:
        platforms = answers.links(self.user.page("/fleet", "/fleet/"), "/fleet/")
        for path in random.sample(platforms, min(1, len(platforms))):
            self.user.page(path, 'data-figure="missions"')

    @task
    def basins(self) -> None:
        for basin in self.mission.basins[:1]:
            self.user.page(f"/basins/{quote(basin, safe='')}", 'data-figure="missions"')

    @task
    def sums(self) -> None:
        self.user.page("/stats", "data-scope")

    @task
    def news(self) -> None:
        self.user.page("/updates", "data-update")
        self.user.page("/status", "data-imports")
        self.user.page("/data", "data-vocabulary")

    @task
    def search(self) -> None:
        typed = urlencode({"q": self.mission.platform[:3], "limit": 5})
        self.user.read(f"/api/v1/search?{typed}", answers.suggested)
        sought = urlencode({"q": self.mission.platform, "show": "all"})
        self.user.page(f"/search?{sought}", "data-found", _path(self.mission).rpartition("/")[0])

    @task
    def go(self) -> None:
        self.user.leave()


class Study(Journey):
    """The API: its description once, then by cursor to a mission, its profiles and its data."""

    cursor: str | None = None
    mission: Mission

    def on_start(self) -> None:
        self.user.read("/api/v1/openapi.json", answers.described)

    @task
    def pages(self) -> None:
        for _ in range(2):
            query = {"limit": "50"} | ({"cursor": self.cursor} if self.cursor else {})
            body = self.user.read(f"/api/v1/missions?{urlencode(query)}", answers.items)
            self.cursor = answers.json_object(body)["next"] if body else None

    @task
    def one(self) -> None:
        self.mission = random.choice(self.user.missions)
        expected = answers.record(platform=self.mission.platform, mission=self.mission.mission)
        self.user.read(f"/api/v1{_path(self.mission)}", expected)

    @task
    def profiles(self) -> None:
        check = answers.items if self.mission.has_profiles else answers.listed
        self.user.read(f"/api/v1{_path(self.mission)}/profiles?limit=100", check)

    @task
    def data(self) -> None:
        data = f"/api/v1{_path(self.mission)}/data"
        self.user.read(data, answers.table)
        self.user.read(f"{data}?format=netcdf", answers.netcdf)

    @task
    def selection(self) -> None:
        # One platform during one mission: small in any archive, as the service refuses large selections.
        chosen = {"platform": self.mission.platform, "from": self.mission.start_at, "to": self.mission.end_at}
        self.user.read(f"/api/v1/export?{urlencode(chosen | {'format': 'csv'})}", answers.table)
        self.user.read(f"/api/v1/export?{urlencode(chosen | {'format': 'geojson'})}", answers.collection)

    @task
    def observations(self) -> None:
        self.user.read("/api/v1/observations?days=1", answers.columns)

    @task
    def sums(self) -> None:
        self.user.read("/api/v1/stats?by=year", answers.sums)
        self.user.read("/api/v1/platforms?limit=50", answers.items)


class Glance(Journey):
    """The landing page, one mission and the feed, repeated with ETags: unchanged responses are 304."""

    def on_start(self) -> None:
        self.mission = random.choice(self.user.missions)

    @task
    def landing(self) -> None:
        self.user.page("/", "data-total", again=True)

    @task
    def totals(self) -> None:
        self.user.read("/api/v1/totals", answers.totals, again=True)

    @task
    def one(self) -> None:
        self.user.page(_path(self.mission), self.mission.mission, again=True)

    @task
    def feed(self) -> None:
        self.user.read("/updates.rss", answers.xml("rss"), again=True)


class Crawl(Journey):
    """robots.txt, the sitemap and some of its pages, without static files and pictures."""

    @task
    def rules(self) -> None:
        self.user.read("/robots.txt", answers.rules, again=True)

    @task
    def pages(self) -> None:
        body = self.user.read("/sitemap.xml", answers.xml("urlset", "sitemapindex"))
        if b"<sitemapindex" in body:
            part = urlsplit(random.choice(answers.locations(body))).path
            body = self.user.read(part, answers.xml("urlset"))
        urls = answers.locations(body)
        for url in random.sample(urls, min(3, len(urls))):
            self.user.read(urlsplit(url).path, answers.page("<h1"), accept="text/html", again=True)


class Visitor(Reader):
    """A visitor at a desk; every journey is a new visitor."""

    weight = 5
    think_s = (1, 4)
    tasks = [Visit]


class Browser(Reader):
    """A visitor who browses; every journey is a new visitor."""

    weight = 2
    think_s = (1, 4)
    tasks = [Browse]


class Scientist(Reader):
    """A script or a notebook that reads the API."""

    weight = 1
    think_s = (1, 3)
    tasks = [Study]


class Phone(Reader):
    """A visitor on a phone who returns to the same pages."""

    weight = 3
    think_s = (4, 10)
    tasks = [Glance]


class Crawler(Reader):
    """A search engine that reads slowly."""

    weight = 1
    think_s = (2, 5)
    tasks = [Crawl]
