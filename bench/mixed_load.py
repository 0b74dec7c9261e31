"""Mixed load on a portal: pages, invented addresses, searches, exports, refused and abandoned requests."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

from bench.pages import ENCODINGS

# The largest export of a seeded mission takes some seconds while all others run.
_TIMEOUT_S = 60
_PIECE_BYTES = 64 << 10
# Share of the responses that the client abandons after the first piece.
_ABANDONED = 0.05
# Addresses with their weights. `{n}` is a number that is rarely the same twice, `{mission}` the path of a mission.
_ADDRESSES = (
    (20, "/"),
    (8, "{mission}"),
    (8, "/missions?project=P{n}"),
    (8, "/missions?year={year}&sort=deepest"),
    (4, "/map"),
    (4, "/fleet"),
    (4, "/stats"),
    (2, "/status"),
    (8, "/search?q=seed{n}"),
    (4, "/search?q=seed&show=all"),
    (4, "/api/v1/search?q={word}"),
    (4, "/api/v1/missions?limit=150"),
    (4, "/api/v1/tracks?limit=200&detail=fine"),
    (2, "/api/v1/tracks?limit={limit}&detail=coarse"),
    (4, "/api/v1{mission}/track"),
    (4, "/api/v1{mission}/profiles?limit=150"),
    (4, "/api/v1{mission}/sections/temperature"),
    (2, "/api/v1{mission}/ts"),
    (3, "/api/v1{mission}/data?format=csv"),
    (2, "/api/v1{mission}/data?format=netcdf"),
    (1, "/api/v1/export?platform=seed0001&format=csv"),
    (1, "/api/v1/export?year={year}&format=geojson"),
    (1, "/api/v1/export?year={year}&format=kml"),
    (1, "/api/v1/observations?days=30"),
    (2, "/sitemap-missions-1.xml"),
    (2, "/api/v1/openapi.json"),
    (4, "/missing/{n}"),
    (2, "/api/v1/missions?year=nonsense"),
)


@contextmanager
def running(port: int, mission: str, clients: int, seed: int = 0) -> Iterator[Counter[int]]:
    """So many clients that request at random for the time of the block; the count of responses by status."""
    statuses: Counter[int] = Counter()
    stopping = threading.Event()
    threads = [
        threading.Thread(target=_client, args=(port, mission, random.Random(seed + number), statuses, stopping))  # noqa: S311
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _client(port: int, mission: str, chance: random.Random, statuses: Counter[int], stopping: threading.Event) -> None:
    weights, addresses = zip(*_ADDRESSES, strict=True)
    while not stopping.is_set():
        (address,) = chance.choices(addresses, weights)
        values = {"n": chance.randrange(10**9), "year": chance.randint(2004, 2027), "limit": chance.randint(1, 200)}
        path = address.format(mission=mission, word=chance.choice(("se", "bal", "norw", "glider+2019")), **values)
        try:
            statuses[_status(port, path, chance)] += 1
        except (OSError, HTTPException):
            # Counted as a failure. A server that refuses connections is asked again after a moment.
            statuses[0] += 1
            time.sleep(0.1)


def _status(port: int, path: str, chance: random.Random) -> int:
    link = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        link.request("GET", path, headers={"Accept-Encoding": ENCODINGS})
        response = link.getresponse()
        is_abandoned = chance.random() < _ABANDONED
        while response.read(_PIECE_BYTES) and not is_abandoned:
            pass
        return response.status
    finally:
        link.close()
