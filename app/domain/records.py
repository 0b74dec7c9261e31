"""What Halocline knows, as frozen records. Web workers import this: keep numpy out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

DataMode = Literal["R", "P", "A", "D"]
Outcome = Literal["stored", "replaced", "unchanged", "refused"]
Scope = Literal["mission", "profiles"]
Direction = Literal["down", "up"]
Kind = Literal["glider", "sailbuoy"]

# West, south, east, north in degrees; west > east when the box crosses 180.
Bbox = tuple[float, float, float, float]
LonLat = tuple[float, float]

# A higher mode is never replaced by a lower one.
MODE_RANK: dict[str, int] = {"R": 0, "P": 1, "A": 2, "D": 3}
MODE_NAMES: dict[str, str] = {"R": "Real time", "P": "Provisional", "A": "Adjusted", "D": "Delayed"}


@dataclass(frozen=True, slots=True)
class BasinShare:
    """The share (0..1) of a mission's positioned profiles that lie in a basin."""

    id: str
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning: its stable code and how many samples, profiles or attributes it concerns."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A measured variable in our vocabulary; `source_*` is what the file said."""

    name: str
    unit: str | None
    standard_name: str | None = None
    long_name: str | None = None
    source_name: str | None = None
    source_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a version came from."""

    file_name: str
    sha256: str
    size_bytes: int
    format: str
    scope: Scope
    imported_at: datetime
    imported_by: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """A mission in numbers. `samples` counts rows with a time; depth is clipped at 0."""

    samples: int
    profiles: int
    distance_m: float
    max_depth_m: float | None
    vertical_m: float
    start_at: datetime
    end_at: datetime
    bbox: Bbox | None


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """A version that was replaced."""

    version: str
    data_mode: DataMode
    replaced_at: datetime
    file_name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Mission:
    """One mission as it stands: identity, figures, findings, and where it came from."""

    platform: str
    mission: str
    version: str
    data_mode: DataMode
    figures: Figures
    basins: tuple[BasinShare, ...]
    variables: tuple[Variable, ...]
    warnings: tuple[Finding, ...]
    metadata: dict[
        str, Any
    ]  # our names: name, project, project_url, institution, pi, licence, doi, comment, sea_name, …
    declared: dict[str, Any]  # what the file's own attributes say of span, box, depth, beside the computed figures
    source: Source
    earlier: tuple[EarlierVersion, ...] = ()
    simulated: bool = False
    kind: Kind = "glider"

    @property
    def id(self) -> str:
        return f"{self.platform}/{self.mission}"

    @property
    def duration_s(self) -> float:
        """Time at sea, s: last minus first valid time."""
        return (self.figures.end_at - self.figures.start_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. lon_deg and lat_deg are the mean of its valid positions, None when it has none.

    `flagged` says that its position needs an impossible speed: it counts, but is not drawn.
    """

    number: int
    start_at: datetime
    mid_at: datetime
    end_at: datetime
    lon_deg: float | None
    lat_deg: float | None
    max_depth_m: float
    direction: Direction | None
    samples: int
    data_mode: DataMode
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Platform:
    """A glider or sailbuoy and the totals of its missions. `serial` is what people call it, else the platform id."""

    platform: str
    serial: str
    kind: Kind
    name: str | None
    model: str | None
    wmo_id: str | None
    operator: str | None
    last_seen_at: datetime
    last_mission: str
    missions: int
    profiles: int
    samples: int
    distance_m: float
    vertical_m: float
    time_at_sea_s: float
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """A mission's way, derived: the positioned, unflagged profiles in time order as columns.

    `lines` is split at 180 degrees (RFC 7946, 3.1.9); `simplified` is the same way with fewer points for overviews.
    `hidden` counts the profiles without a drawable position.
    """

    platform: str
    mission: str
    version: str
    number: tuple[int, ...]
    lon_deg: tuple[float, ...]
    lat_deg: tuple[float, ...]
    mid_at: tuple[datetime, ...]
    max_depth_m: tuple[float, ...]
    lines: tuple[tuple[LonLat, ...], ...]
    simplified: tuple[tuple[LonLat, ...], ...]
    hidden: int
    bbox: Bbox | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a scope: `fleet`, `year:2022`, `basin:SEA-007`, `platform:smilla77`; never over simulated missions.

    A basin or year counts the part of a mission that lies in it for time at sea; missions are counted in each.
    """

    scope: str
    missions: int
    platforms: int
    profiles: int
    samples: int
    distance_m: float
    vertical_m: float
    time_at_sea_s: float
    last_data_at: datetime | None
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Basin:
    """A named sea area."""

    id: str
    name: str
    bbox: Bbox
    geometry: dict[str, Any]  # GeoJSON Polygon or MultiPolygon
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ImportAttempt:
    """One attempt to take a file in, whatever became of it."""

    id: str
    at: datetime
    file_name: str
    sha256: str | None
    outcome: Outcome
    reason_code: str | None = None
    reason: str | None = None
    platform: str | None = None
    mission: str | None = None
    data_mode: DataMode | None = None
    warnings: tuple[Finding, ...] = field(default=())
