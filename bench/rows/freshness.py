"""The time from the commit of a new profile until every worker of every process shows it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import Any

import netCDF4
import numpy as np
from pymongo import MongoClient
from pymongo.collection import Collection

from app import config, extensions
from app.ingest import context, importer
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from bench import data, portals
from bench.measured import Bench, Measured
from bench.pages import Client

# Processes with one worker each, so that the port identifies the worker.
_PROCESSES = 4
_MISSION = "/api/v1/missions/fresh/20240101T0000"
# A page that still lacks the profile then is a failure of the run, not a measurement.
_PATIENCE_S = 30.0
_PAUSE_S = 0.01
# Twice the interval at which workers read the change log.
_SETTLE_S = 1.0
# A port without a listener.
_NO_REDIS = "redis://127.0.0.1:9/0"


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `fresh` and `fresh_without_redis`."""
    stores = bench.stores
    data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    with MongoClient[dict[str, Any]](stores.mongodb_uri) as client:
        number = _stored(client[data.database(bench.small)].missions)
    for aim, redis_url in (("fresh", stores.redis_url), ("fresh_without_redis", _NO_REDIS)):
        with ExitStack() as stack:
            addresses = (stores.mongodb_uri, redis_url, data.database(bench.small))
            ports = [
                stack.enter_context(portals.running(*addresses, bench.folder / f"{aim}-{n}.log", WEB_WORKERS="1"))
                for n in range(_PROCESSES)
            ]
            number, _ = _shown(bench, redis_url, ports, number)
            slowest = []
            for _ in range(bench.rounds):
                number, took_s = _shown(bench, redis_url, ports, number)
                slowest.append(took_s)
        yield Measured(aim, tuple(slowest), {"processes": _PROCESSES})


def _stored(missions: Collection[dict[str, Any]]) -> int:
    """The number of profiles that the mission has; earlier runs stored some in the same database."""
    doc = missions.find_one({"platform": "fresh"}, {"figures.profiles": 1})
    return int(doc["figures"]["profiles"]) if doc else 0


def _shown(bench: Bench, redis_url: str, ports: Sequence[int], number: int) -> tuple[int, float]:
    """The number of the profile that was stored, and the time from then until the last process showed it, s."""
    number += 1
    settings = config.load(
        mongodb_uri=bench.stores.mongodb_uri, redis_url=redis_url, mongodb_database=data.database(bench.small)
    )
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    path = _file(bench.folder / "fresh.nc", number)
    tools = context.import_context(settings, Options(platform="fresh", mission="20240101T0000"))
    reports: list[Report] = []
    # In a thread: pages are polled from before the commit on, while the importer is still busy after it.
    storing = Thread(target=lambda: reports.extend(importer.real([path], tools)), daemon=True)
    clients = {port: Client(port) for port in ports}
    wanted = f'"profiles":{number},'.encode()
    # Let each worker read the changes of the last profile, then cache the page: an uncached page would be rendered with
    # the new profile at once.
    time.sleep(_SETTLE_S)
    for client in clients.values():
        _body(client)
    began, stored_at = time.perf_counter(), 0.0
    storing.start()
    while clients:
        if not stored_at and _stored(extensions.mongo.db.missions) == number:
            stored_at = time.perf_counter()
        for port, client in list(clients.items()):
            if wanted in _body(client) and stored_at:
                clients.pop(port).close()
        if time.perf_counter() - began > _PATIENCE_S:
            raise RuntimeError(f"profile {number} is not shown after {_PATIENCE_S:.0f} s: {reports}")
        time.sleep(_PAUSE_S)
    took_s = time.perf_counter() - stored_at
    storing.join()
    extensions.mongo.close()
    extensions.redis.close()
    return number, took_s


def _body(client: Client) -> bytes:
    try:
        return client.get(_MISSION, "identity")[1].replace(b" ", b"")
    except (OSError, HTTPException, RuntimeError):
        # Before the first profile there is no such mission.
        return b""


def _file(path: Path, number: int) -> Path:
    """A file with one profile, in the form of data assembly centres."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begin_s = 1_704_067_200.0 + 1800.0 * number
    columns = {
        "time": (begin_s + 30.0 * np.arange(data.SAMPLES), "seconds since 1970-01-01T00:00:00Z"),
        "lon": (np.full(data.SAMPLES, 16.0 + 0.001 * number), "degrees_east"),
        "lat": (np.full(data.SAMPLES, 55.5), "degrees_north"),
        "depth": (np.linspace(1.0, 80.0, data.SAMPLES), "m"),
        "temperature": (np.linspace(12.0, 4.0, data.SAMPLES), "Celsius"),
    }
    with netCDF4.Dataset(path, "w") as nc:
        nc.setncatts({"id": "fresh-20240101T0000", "title": "Made to measure with"})
        nc.createDimension("time", data.SAMPLES)
        for name, (values, unit) in columns.items():
            variable = nc.createVariable(name, "f8", ("time",))
            variable.units = unit
            variable[:] = values
        nc.createVariable("profile_id", "i4")[...] = number
        moment = nc.createVariable("profile_time", "f8")
        moment.units = "seconds since 1970-01-01T00:00:00Z"
        moment[...] = begin_s
    return path
