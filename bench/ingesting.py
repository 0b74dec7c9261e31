"""Missions as files and as documents: the input of the measurements of imports, and that of their control."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import netCDF4
from pymongo import MongoClient
from pymongo.collection import Collection

from app import config, extensions
from app.ingest import context
from app.ingest.context import ImportContext
from app.ingest.derive import rebuild
from app.ingest.formats.observations import Observations
from app.ingest.interpret import mission_draft
from app.ingest.interpret.identity import Options, identified
from app.ingest.persist import commit
from app.ingest.persist.mapping import File
from app.seeding.plan import MISSIONS_A_PLATFORM, Plan
from app.store import indexes

Document = dict[str, Any]
DATABASE = "halocline_bench_ingest"
SAMPLES = 20
# No visitor waits for an import.
_TIMEOUT_MS = 60_000
_DATA = ("profiles", "samples")
# Collections that an import fills; they are emptied so that the next import starts with an empty store. Basins stay.
_FILLED = (*_DATA, "missions", "platforms", "tracks", "sections", "totals", "subtotals", "updates", "search", "imports")
_INTERNAL = ("retired_versions", "derived_pending", "originals.files", "originals.chunks")


def written(folder: Path, missions: int, profiles: int) -> list[Path]:
    """Paths of new NetCDF files in the form of pyglider, each with a mission of a glider."""
    folder.mkdir(parents=True, exist_ok=True)
    until = datetime(2025, 1, 1, tzinfo=UTC)
    count = max(missions, MISSIONS_A_PLATFORM)
    plan = Plan(count, profiles, SAMPLES, 0, datetime(2015, 1, 1, tzinfo=UTC), until, 1, sailbuoys=False)
    seeded = [mission for index in range(plan.platforms) for mission in plan.of_platform(index)][:missions]
    return [
        _file(folder / f"{mission.vessel.platform}-{mission.identity.mission}.nc", mission.observations())
        for mission in seeded
    ]


def _file(path: Path, rows: Observations) -> Path:
    with netCDF4.Dataset(path, "w") as nc:
        nc.setncatts({**rows.attributes, "featureType": "trajectory", "Conventions": "CF-1.8"})
        nc.createDimension("time", rows.time_ms.size)

        def put(name: str, values: Any, **about: str) -> None:
            variable = nc.createVariable(name, values.dtype, ("time",))
            variable.setncatts(about)
            variable[:] = values

        put("time", rows.time_ms / 1000, units="seconds since 1970-01-01T00:00:00Z", standard_name="time")
        put("longitude", rows.lon_deg, units="degrees_east", standard_name="longitude")
        put("latitude", rows.lat_deg, units="degrees_north", standard_name="latitude")
        put("depth", rows.depth_m, units="m", standard_name="depth", positive="down")
        put("profile_index", rows.number)
        for column in rows.columns:
            put(column.about.name, column.values, units=column.about.unit or "1")
    return path


@dataclass
class Ingest:
    """Repeated imports of the same files into a separate database, and plain inserts of the same documents."""

    files: Sequence[Path]
    tools: ImportContext
    rows: list[tuple[Observations, File]]
    documents: dict[str, list[Document]]

    @property
    def profiles(self) -> int:
        """The number of profiles that one run stores."""
        return len(self.documents["profiles"])

    def full_s(self) -> float:
        """Time to import the parsed rows, s: quality control, figures, originals, versions, change log."""
        self._empty()
        began = time.perf_counter()
        for rows, file in self.rows:
            self._import(rows, file)
        return time.perf_counter() - began

    def raw_s(self) -> float:
        """Time of `insert_many` for the same documents into collections with the same indexes, s."""
        db = extensions.mongo.db
        for name in _DATA:
            db[f"raw_{name}"].delete_many({})
        began = time.perf_counter()
        for name in _DATA:
            db[f"raw_{name}"].insert_many(self.documents[name], ordered=False)
        return time.perf_counter() - began

    def whole_s(self) -> float:
        """Time of a whole import, s: also the reader process, digests, tracks, totals and updates.

        Without section plots, which an importer draws when it is idle.
        """
        self._empty()
        began = time.perf_counter()
        with self.tools.reader:
            for path in self.files:
                self._import(self.tools.reader.read(path, self.tools.limits), _as_file(path))
        extensions.mongo.db.derived_pending.delete_many({"_id": {"$regex": "^sections:"}})
        rebuild.rebuild(self.tools.basin_map)
        return time.perf_counter() - began

    def _import(self, rows: Observations, file: File) -> None:
        named = identified(rows, self.tools.options)
        draft = mission_draft.draft(rows, named, file.sha256, self.tools.span, self.tools.basin_map)
        outcome = commit.commit_draft(draft, file, self.tools.basin_map, self.tools.names)
        if outcome != "stored":
            raise RuntimeError(f"the outcome of {file.name} is {outcome}, not stored")

    def _empty(self) -> None:
        for name in (*_FILLED, *_INTERNAL):
            extensions.mongo.db[name].delete_many({})


def opened(mongodb_uri: str, redis_url: str, folder: Path, missions: int = 4, profiles: int = 800) -> Ingest:
    """Prepared imports: the files, their parsed rows, and the documents to store. Call `close` at the end."""
    settings = config.load(
        mongodb_uri=mongodb_uri, redis_url=redis_url, mongodb_database=DATABASE, mongodb_timeout_ms=_TIMEOUT_MS
    )
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client.drop_database(DATABASE)
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    db = extensions.mongo.db
    indexes.ensure(db)
    for name in _DATA:
        raw: Collection[Document] = db[f"raw_{name}"]
        raw.create_indexes(indexes.INDEXES[name])
    tools = context.import_context(settings, Options())
    commit.replace_basins(tools.basins)
    files = written(folder, missions, profiles)
    with tools.reader:
        rows = [(tools.reader.read(path, tools.limits), _as_file(path)) for path in files]
    work = Ingest(files, tools, rows, {name: [] for name in _DATA})
    work.full_s()
    work.documents = {name: list(db[name].find()) for name in _DATA}
    return work


def close() -> None:
    """Drop the database and close the connections of `opened`."""
    extensions.mongo.client.drop_database(DATABASE)
    extensions.mongo.close()
    extensions.redis.close()


def _as_file(path: Path) -> File:
    content = path.read_bytes()
    return File(path, hashlib.sha256(content).hexdigest(), len(content))
