"""Weights of the users from an access log: the mix of journeys that sends the requests of its visitors. No Locust.

Each kind of user repeats a cycle of requests. The number of cycles of each kind is fitted to the counts of the log. The
share of a kind is its number of cycles times the duration of a cycle, which includes the waits between requests.
"""

import collections
import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import routes

Counts = Mapping[str, float]

_MISSION = "/missions/<platform>/<mission>"
_API = f"/api/v1{_MISSION}"
# The requests of one cycle of each kind of user (journeys.py), by route; a test compares them with a run. Static files,
# pictures and the list of sections follow from the pages, and depend on the caches of browsers.
CYCLES: dict[str, Counts] = {
    "Visitor": {
        "/": 1, "/missions": 1, _MISSION: 1, "/api/v1/tracks": 1, f"{_API}/track": 1, f"{_API}/sections": 1,
        f"{_API}/sections/<variable>": 1, f"{_API}/profiles": 1, f"{_API}/profiles/<number>": 1,
    },
    "Browser": {
        "/map": 2, "/api/v1/tracks": 2, "/missions": 2, "/fleet": 1, "/fleet/<serial>": 1, "/basins/<basin>": 1,
        "/stats": 1, "/updates": 1, "/status": 1, "/data": 1, "/search": 1, "/api/v1/search": 1,
    },
    "Scientist": {
        "/api/v1/missions": 2, _API: 1, f"{_API}/profiles": 1, f"{_API}/data": 2, "/api/v1/export": 2,
        "/api/v1/observations": 1, "/api/v1/stats": 1, "/api/v1/platforms": 1,
    },
    "Phone": {"/": 1, "/api/v1/totals": 1, _MISSION: 1, "/updates.rss": 1},
    # Three random pages, most of them of missions.
    "Crawler": {"/robots.txt": 1, "/sitemap.xml": 1, _MISSION: 3},
}  # fmt: skip
_ROUTES = {route for cycle in CYCLES.values() for route in cycle}
# Each round moves the mix closer to the most likely one; after these, shares change by less than a thousandth.
_ROUNDS = 2000
# Below half a percent of the users, a kind is noise of the fit.
_LEAST_SHARE = 0.005

# address, identity, user, time, request line, status: the common log format, and the combined one, which continues.
_COMMON = re.compile(r'\S+ \S+ .+? \[[^\]]+\] "([A-Z]+) (\S+)[^"]*" (\d{3}) ')
_PROBE = "halocline-probe/"

UNREADABLE = "of no known format"
OTHER_EVENT = "of other events than requests"
OTHER_METHOD = "with another method than GET"
NOT_READ = "of failed or redirected requests"
OF_THE_PROBE = "of the probe"
FOLLOWING = "of static files and pictures, which follow from pages"
ELSEWHERE = "of requests that no journey sends"


class Unusable(Exception):
    """The access log cannot be used; the text is the one line to show."""


@dataclasses.dataclass(frozen=True, slots=True)
class Requests:
    """The requests of an access log: lines by route, and lines that were not used by their reason."""

    lines: int
    routes: collections.Counter[str]
    unused: collections.Counter[str]

    def report(self, name: str, weights: Mapping[str, float]) -> str:
        """Return what was used of the file, and the shares of the users, in one line each."""
        reasons = "".join(f", {count} {reason}" for reason, count in self.unused.most_common())
        mix = ", ".join(f"{user} {share:.1f} %" for user, share in weights.items())
        return f"{name}: {self.lines} lines, {self.routes.total()} used{reasons}\nusers: {mix}\n"


def read(path: Path) -> Requests:
    """Return the requests of an access log. Raises Unusable for a file without any."""
    used: collections.Counter[str] = collections.Counter()
    unused: collections.Counter[str] = collections.Counter()
    lines = 0
    try:
        with path.open(encoding="utf-8", errors="replace") as log:
            for line in log:
                lines += 1
                route, reason = _route(line)
                if reason:
                    unused[reason] += 1
                else:
                    used[route] += 1
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from error
    if not lines:
        raise Unusable(f"{path} is empty")
    if unused[UNREADABLE] == lines:
        raise Unusable(f"{path} is no access log: neither the log of the portal nor the common or combined format")
    if not used:
        raise Unusable(f"{path} has no request that a journey sends, in {lines} lines")
    return Requests(lines, used, unused)


def _route(line: str) -> tuple[str, str]:
    """Return the route of a line, or else the reason why it is not used."""
    if _PROBE in line:
        return "", OF_THE_PROBE
    event = _json_object(line)
    if event is not None and event.get("event") != "request":
        return "", OTHER_EVENT
    request = _of_a_proxy(line) if event is None else _of_the_portal(event)
    if request is None:
        return "", UNREADABLE
    method, target, status = request
    if method != "GET":
        return "", OTHER_METHOD
    if status not in (200, 304):
        return "", NOT_READ
    # The log of the portal has no queries: the formats of an export are one route.
    route = routes.name(urlsplit(target).path)
    if routes.kind(route) in (routes.STATIC, routes.PICTURES):
        return "", FOLLOWING
    return (route, "") if route in _ROUTES else ("", ELSEWHERE)


def _json_object(line: str) -> dict[str, Any] | None:
    """Return the JSON object of a line of the portal's log; `kubectl logs --prefix` puts the pod before it."""
    try:
        event = json.loads(line[line.index("{") :])
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _of_the_portal(event: Mapping[str, Any]) -> tuple[str, str, int] | None:
    try:
        return str(event["method"]), str(event["path"]), int(event["status"])
    except (KeyError, TypeError, ValueError):
        return None


def _of_a_proxy(line: str) -> tuple[str, str, int] | None:
    match = _COMMON.match(line)
    return (match[1], match[2], int(match[3])) if match else None


def weights(requests: Requests, cycle_s: Mapping[str, float]) -> dict[str, float]:
    """Return the share of each kind of user, %, from the duration of its cycle; kinds without a share are left out.

    Raises Unusable if none of these users sends requests of the log.
    """
    users = {user: cycles * cycle_s[user] for user, cycles in fitted(requests.routes).items() if user in cycle_s}
    total = sum(users.values())
    if total == 0:
        raise Unusable("none of these users sends requests of the access log")
    listed = {user: number for user, number in users.items() if number >= _LEAST_SHARE * total}
    return {user: round(100 * number / sum(listed.values()), 1) for user, number in listed.items()}


def fitted(counts: Counts) -> dict[str, float]:
    """Return the numbers of cycles of each kind of user under which these counts by route are most likely.

    The counts are those of independent (Poisson) requests. Source: Richardson 1972, Lucy 1974.
    """
    cycles = dict.fromkeys(CYCLES, 1.0)
    for _ in range(_ROUNDS):
        ratios = {route: counts.get(route, 0) / expected for route, expected in _expected(cycles)}
        cycles = {
            user: cycles[user] * sum(number * ratios.get(route, 0) for route, number in cycle.items()) / _sum(cycle)
            for user, cycle in CYCLES.items()
        }
    return cycles


def _expected(cycles: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield the number of requests that so many cycles send to each route, unless it is 0."""
    for route in sorted(_ROUTES):
        expected = sum(cycles[user] * cycle.get(route, 0) for user, cycle in CYCLES.items())
        if expected > 0:
            yield route, expected


def _sum(cycle: Counts) -> float:
    numbers: Iterable[float] = cycle.values()
    return sum(numbers)
