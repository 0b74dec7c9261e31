"""Every figure on every page equals the one of the API, and sums equal the sums over the missions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from tests import made_files
from tests.integration.views.conftest import SUMMER

ImportMission = Callable[..., None]
NEW_YEAR_S = 1_703_937_600.0 + 86_400 - 600  # 2023-12-31T11:50:00Z
# Figures that have another name in the API.
NAMES = {"distance": "distance_m", "time_at_sea": "time_at_sea_s"}
# Paths that are not pages of the portal.
EXCLUDED = ("/static/", "/api/")
_VOID = frozenset(("area", "br", "col", "hr", "img", "input", "link", "meta", "source"))


@dataclass(frozen=True)
class Figure:
    """A number on a page: the page, its scope (`mission:p/m`, `platform:p`, `basin:b`, `year:y`, `fleet`), its name."""

    page: str
    scope: str
    name: str


class Page(HTMLParser):
    """The figures and the links of a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.figures: dict[Figure, str] = {}
        self.links: set[str] = set()
        self._scopes: list[tuple[str, str]] = [("", _scope_of_page(path))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.add(urljoin(self.path, attributes["href"]))
        if tag not in _VOID:
            self._scopes.append((tag, _scope_of_element(attributes) or self._scopes[-1][1]))
        kind = next((name for name in ("data-total", "data-figure", "data-sum") if name in attributes), None)
        if kind:
            name = NAMES.get(attributes[kind], attributes[kind])
            scope = "fleet" if kind == "data-total" else self._scopes[-1][1]
            self.figures[Figure(self.path, scope, name)] = attributes["value"]

    def handle_endtag(self, tag: str) -> None:
        while self._scopes[-1][0] not in ("", tag):
            self._scopes.pop()
        if self._scopes[-1][0] == tag:
            self._scopes.pop()


def _scope_of_element(attributes: dict[str, str]) -> str | None:
    for kind in ("mission", "platform"):
        if attributes.get(f"data-{kind}"):
            return f"{kind}:{attributes[f'data-{kind}']}"
    return attributes.get("data-scope")


def _scope_of_page(path: str) -> str:
    """The scope of a page, by its path."""
    parts = [unquote(part) for part in urlsplit(path).path.split("/")[1:]]
    if len(parts) == 3 and parts[0] == "missions":
        return f"mission:{parts[1]}/{parts[2]}"
    if len(parts) == 2 and parts[0] in ("fleet", "basins"):
        return f"{'platform' if parts[0] == 'fleet' else 'basin'}:{parts[1]}"
    return "fleet"


@pytest.fixture
def fleet(import_mission: ImportMission) -> None:
    """Delayed and real-time missions, two of one platform, one over New Year, and a simulated one."""
    import_mission(project="Alpha", mode="D")
    import_mission("sea001", "20210801T0000", rows=made_files.rows(profiles=7, start_s=SUMMER + 40 * 86_400))
    import_mission("sea002", "20200913T1226", rows=made_files.rows(), project="Beta")
    import_mission("sea003", "20231231T1150", rows=made_files.rows(profiles=400, start_s=NEW_YEAR_S), project="Beta")
    import_mission("sim001", "20210629T2053", simulated="true")


@pytest.fixture
def crawled(client: FlaskClient, fleet: None) -> dict[str, Page]:
    """Every page that is linked from the landing page, directly or not, by path."""
    pages: dict[str, Page] = {}
    waiting = ["/", "/?simulated=include"]
    while waiting:
        path = waiting.pop()
        if path in pages:
            continue
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200, f"{path}: {answer.status}\n{answer.text[-2500:]}"
        pages[path] = Page(path)
        pages[path].feed(answer.text)
        inside = [urlsplit(link)._replace(fragment="").geturl() for link in pages[path].links]
        waiting += [link for link in inside if link.startswith("/") and not link.startswith(EXCLUDED)]
    return pages


@pytest.fixture
def api_figures(client: FlaskClient, fleet: None) -> dict[str, dict[str, Any]]:
    """The figures of the API for every mission, platform, basin, year and the fleet, by scope."""
    missions = _items(client, "/api/v1/missions?simulated=include")
    platforms = {mission["platform"] for mission in missions}
    stats = [
        row
        for by in ("year", "basin", "platform", "year_basin")
        for row in client.get(f"/api/v1/stats?by={by}", buffered=True).json["items"]
    ]
    return {
        **{f"mission:{m['platform']}/{m['mission']}": m | {"time_at_sea_s": _seconds(m)} for m in missions},
        **{row["scope"]: row for row in stats},
        **{f"platform:{name}": client.get(f"/api/v1/platforms/{name}", buffered=True).json for name in platforms},
        "fleet": client.get("/api/v1/totals", buffered=True).json["fleet"],
    }


def _items(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(f"{path}{'&' if '?' in path else '?'}limit=200", buffered=True).json
    assert answer["next"] is None
    return list(answer["items"])


def _seconds(mission: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(mission[name]) for name in ("start_at", "end_at"))
    return (end - start).total_seconds()


def _numbers(figures: Iterator[tuple[Figure, str]]) -> dict[Figure, float | None]:
    return {figure: float(value) if value else None for figure, value in figures}


def test_every_figure_on_every_page_equals_that_of_the_api(
    crawled: dict[str, Page], api_figures: dict[str, dict[str, Any]]
) -> None:
    shown = _numbers((figure, value) for page in crawled.values() for figure, value in page.figures.items())
    assert shown == {figure: api_figures[figure.scope].get(figure.name, "not in the API") for figure in shown}
    # The check is not empty: missions, platforms, years, basins and the fleet have figures on many pages.
    assert {figure.scope.partition(":")[0] for figure in shown} >= {"mission", "platform", "year", "basin", "fleet"}
    assert len(shown) > 200


@pytest.mark.parametrize("name", ["missions", "profiles", "samples", "distance_m", "vertical_m", "time_at_sea_s"])
def test_the_sums_equal_the_sums_over_the_missions(
    api_figures: dict[str, dict[str, Any]], client: FlaskClient, fleet: None, name: str
) -> None:
    missions = _items(client, "/api/v1/missions")
    each = [{**m, "missions": 1, "time_at_sea_s": _seconds(m)}[name] for m in missions]
    years = [api_figures[scope][name] for scope in api_figures if scope.startswith("year:")]
    assert api_figures["fleet"][name] == pytest.approx(sum(each))
    assert sum(api_figures[f"platform:{p}"][name] for p in {m["platform"] for m in missions}) == pytest.approx(
        sum(each)
    )
    # The mission over New Year counts in both years.
    assert sum(years) == pytest.approx(sum(each) + (1 if name == "missions" else 0))


def test_list_map_count_and_sitemap_name_the_same_missions(client: FlaskClient, fleet: None) -> None:
    listed = {f"{m['platform']}/{m['mission']}" for m in _items(client, "/api/v1/missions")}
    tracks = client.get("/api/v1/tracks?limit=200", buffered=True).json["features"]
    assert {"/".join(feature["id"].split("/")[:2]) for feature in tracks} == listed
    assert client.get("/api/v1/totals", buffered=True).json["fleet"]["missions"] == len(listed) == 4
    assert re.search(r'data-count="missions"\s+value="4"', client.get("/missions", buffered=True).text)
    sitemap = client.get("/sitemap.xml", buffered=True).text
    assert {mission for mission in listed if f"/missions/{mission}<" in sitemap} == listed
    assert "sim001" not in sitemap


def test_every_link_to_the_api_works(client: FlaskClient, crawled: dict[str, Page]) -> None:
    links = {link for page in crawled.values() for link in page.links if link.startswith("/api/")}
    answers = {link: client.get(link, buffered=True).status_code for link in links}
    assert {link: status for link, status in answers.items() if status != 200} == {}
    assert len(links) > 10
