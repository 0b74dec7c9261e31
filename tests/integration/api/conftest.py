"""A small fleet as an import stores it, with cases on purpose that are rare in real files."""

import threading
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import compress

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.serving import make_server

from app.domain.records import (
    Basin,
    BasinShare,
    EarlierVersion,
    Figures,
    Finding,
    LonLat,
    Mission,
    Platform,
    Profile,
    Source,
    Track,
    Variable,
)
from app.domain.totals import Totals
from app.ingest import context, importer
from app.store import documents
from tests.conftest import Seed
from tests.integration.api import section_samples

Document = dict[str, Any]
DEMO = Path(__file__).parents[3] / "demo"
START = datetime(2022, 12, 8, 11, 45, 52, 410_000, tzinfo=UTC)
HOSTILE = '=cmd|"/c calc"!A1, <script>alert(1)</script> \u202e\ufffd'
NAN = float("nan")


def make_mission(**changes: Any) -> Mission:
    """Smilla's mission in the Bornholm Basin; `changes` replaces fields and figures by name."""
    figures = Figures(
        samples=8,
        profiles=5,
        distance_m=189_188.1,
        max_depth_m=82.12,
        vertical_m=9155.3,
        start_at=START,
        end_at=START + timedelta(days=8),
        bbox=(15.98102, 55.24285, 16.36908, 55.58918),
    )
    figures = replace(figures, **{name: changes.pop(name) for name in Figures.__slots__ if name in changes})
    earlier = EarlierVersion("v0", "R", START + timedelta(days=9), "earlier.nc", replace(figures, samples=7))
    mission = Mission(
        platform="smilla77",
        mission="20221208T1145",
        version="v1",
        data_mode="D",
        figures=figures,
        basins=(BasinShare("SEA-007", "Bornholm Basin", 1.0),),
        variables=(
            Variable("temperature", "Celsius", "sea_water_temperature", "Temperature", "temperature", "celsius"),
            Variable(HOSTILE, None, None, None, HOSTILE, None),
        ),
        warnings=(Finding("depth_negative", 35),),
        metadata={"name": "Smilla", "project": "Baltic", "comment": HOSTILE, "odd": NAN, "asked_at": START},
        declared={"time_coverage_start": "2022-12-08"},
        source=Source("nrt.nc", "0" * 64, 4096, "pyglider", "mission", START + timedelta(days=10), "someone"),
        earlier=(earlier,),
    )
    return replace(mission, **changes)


def make_profile(number: int, **changes: Any) -> Profile:
    """The profile of this number; one profile begins each hour."""
    start_at = START + timedelta(hours=number)
    profile = Profile(
        number=number,
        start_at=start_at,
        mid_at=start_at + timedelta(minutes=10),
        end_at=start_at + timedelta(minutes=20),
        lon_deg=16.0 + number / 100,
        lat_deg=55.3,
        max_depth_m=80.0 + number,
        direction="down",
        samples=2,
        data_mode="D",
    )
    return replace(profile, **changes)


def make_track(mission: Mission, *lines: tuple[LonLat, ...]) -> Track:
    """The track along these lines; its last position is the last of the last line."""
    positions = [position for line in lines for position in line]
    return Track(
        platform=mission.platform,
        mission=mission.mission,
        version=mission.version,
        number=tuple(range(1, len(positions) + 1)),
        lon_deg=tuple(lon for lon, _ in positions),
        lat_deg=tuple(lat for _, lat in positions),
        mid_at=tuple(START + timedelta(hours=hour) for hour in range(len(positions))),
        max_depth_m=tuple(10.0 for _ in positions),
        lines=lines,
        simplified=lines,
        hidden=1,
        bbox=mission.figures.bbox,
    )


def make_platform(platform: str, **changes: Any) -> Platform:
    """A glider with its id as serial number."""
    record = Platform(
        platform=platform,
        serial=platform.upper(),
        kind="glider",
        name=None,
        model=None,
        wmo_id=None,
        operator=HOSTILE,
        last_seen_at=START,
        last_mission="20221208T1145",
        missions=1,
        profiles=5,
        samples=8,
        distance_m=189_188.1,
        vertical_m=9155.3,
        time_at_sea_s=691_200.0,
    )
    return replace(record, **changes)


def make_totals(scope: str, **changes: Any) -> Totals:
    """The sums of one mission over a scope."""
    totals = Totals(scope, 1, 1, 5, 8, 189_188.1, 9155.3, 691_200.0, START, START + timedelta(days=10))
    return replace(totals, **changes)


def make_samples(mission: Mission, number: int, start_at: datetime, **columns: tuple[str, list[float]]) -> Document:
    """A sample document; each column is (type, values), times are added a second apart."""
    count = len(next(iter(columns.values()))[1])
    first_ms = round(start_at.timestamp() * 1000)
    times: Any = ("i8", [first_ms + 1000 * row for row in range(count)])
    return {
        "_id": f"{mission.id}/{mission.version}/{number}",
        "platform": mission.platform,
        "mission": mission.mission,
        "version": mission.version,
        "number": number,
        "part": 0,
        "start_at": start_at,
        "count": count,
        "columns": {
            name: {"unit": None, "dtype": dtype, "data": compress(array(_CODES[dtype], values).tobytes())}
            for name, (dtype, values) in {"time": times, **columns}.items()
        },
    }


_CODES = {"f4": "f", "f8": "d", "i8": "q"}
_SQUARE = {"type": "Polygon", "coordinates": [[[15, 54], [17, 54], [17, 56], [15, 56], [15, 54]]]}


def store(db: Database[Document], mission: Mission, *lines: tuple[LonLat, ...]) -> None:
    """Store a mission, its platform, its track and five profiles."""
    db.missions.insert_one(documents.mission_to_document(mission))
    platform = make_platform(mission.platform)
    db.platforms.replace_one({"_id": mission.platform}, documents.platform_to_document(platform), upsert=True)
    db.tracks.insert_one(documents.track_to_document(make_track(mission, *lines)))
    profiles = [make_profile(number) for number in range(1, 6)]
    version = (mission.platform, mission.mission, mission.version)
    db.profiles.insert_many([documents.profile_to_document(*version, profile) for profile in profiles])


@pytest.fixture
def fleet(db: Database[Document], seed: Seed) -> Mission:
    """Smilla's mission, one across 180 degrees over New Year, and one without any position. Returns Smilla's."""
    smilla: Mission = seed("fleet", lambda: _store_fleet(db))
    return smilla


@pytest.fixture
def demo(app: Flask, seed: Seed, tools: context.ImportContext) -> Flask:
    """The application with the demo missions."""

    def import_demo() -> None:
        assert {report.outcome for report in importer.real(sorted(DEMO.glob("*.nc")), tools)} == {"stored"}

    seed("demo", import_demo)
    return app


@pytest.fixture
def address(demo: Flask) -> Iterator[str]:
    """The URL of a real HTTP server with the demo missions."""
    server = make_server("127.0.0.1", 0, demo, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _store_fleet(db: Database[Document]) -> Mission:
    smilla = make_mission()
    store(db, smilla, ((15.99, 55.3), (16.1, 55.4), (16.3, 55.5)))
    eve = datetime(2023, 12, 30, 12, tzinfo=UTC)
    across = make_mission(
        platform="fiji",
        mission="20231230T1200",
        start_at=eve,
        end_at=eve + timedelta(days=3),
        bbox=(178.0, -18.0, -178.0, -17.0),
        data_mode="R",
        basins=(),
        earlier=(),
    )
    store(db, across, ((178.0, -17.0), (180.0, -18.0)), ((-180.0, -18.0), (-178.0, -17.0)))
    nowhere = make_mission(
        platform="nowhere", mission="20240601T0000", bbox=None, max_depth_m=None, metadata={}, variables=(), basins=()
    )
    store(db, nowhere)
    db.samples.insert_many(
        [
            make_samples(smilla, 0, START, longitude=("f8", [NAN]), latitude=("f8", [NAN]), depth=("f8", [-0.05])),
            make_samples(
                smilla,
                1,
                START + timedelta(minutes=1),
                longitude=("f8", [15.98102, 15.98103]),
                latitude=("f8", [55.24285, 55.24286]),
                depth=("f8", [0.5, 82.12]),
                temperature=("f4", [5.3, NAN]),
            ),
        ]
    )
    scopes = ("fleet", "year:2022", "year:2023", "basin:SEA-007")
    db.totals.insert_many([documents.totals_to_document(make_totals(scope)) for scope in scopes])
    basins = [Basin(f"SEA-00{n}", f"Basin {n}", (15.0, 54.0, 17.0, 56.0), _SQUARE, "made") for n in (6, 7, 8)]
    db.basins.insert_many([documents.basin_to_document(basin) for basin in basins])
    section_samples.store(smilla)
    return smilla


@pytest.fixture
def get(client: FlaskClient, fleet: Mission) -> Callable[..., Any]:
    """A function that requests a path below /api/v1, with the small fleet in the store."""
    return lambda path, **options: client.open(f"/api/v1{path}", buffered=True, **options)


@pytest.fixture
def openapi(app: Flask) -> Document:
    """The OpenAPI document."""
    return app.test_client().get("/api/v1/openapi.json").get_json()
