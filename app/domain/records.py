"""What Halocline knows, as frozen records. Web workers import this: keep numpy out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

DataMode = Literal["R", "P", "A", "D"]
Outcome = Literal["stored", "replaced", "unchanged", "refused"]
Scope = Literal["mission", "profiles"]
Direction = Literal["down", "up"]
Kind = Literal["glider", "sailbuoy"]
UpdateKind = Literal["deployment", "recovery", "delayed"]
# How a mission is known to be over.
Over = Literal["next_mission", "processed_data", "silence"]

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
class YearShare:
    """What of a mission falls into a year: time by overlap, the rest by the mid time of each profile."""

    year: int
    time_at_sea_s: float
    profiles: int
    samples: int
    distance_m: float
    vertical_m: float


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
    by_year: tuple[YearShare, ...] = ()

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

    @property
    def called(self) -> str:
        """What people call it: `SEA077 Smilla`, else its serial."""
        # Names that only repeat the serial say nothing new.
        if self.name and self.name.lower() not in self.serial.lower():
            return f"{self.serial} {self.name}"
        return self.serial


@dataclass(frozen=True, slots=True)
class Track:
    """A mission's way, derived: the positioned, unflagged profiles in time order as columns.

    `lines` is split at 180 degrees (RFC 7946, 3.1.9); `simplified`, `medium` and `coarse` are the same way with fewer
    and fewer points for overviews. `deepest_m` is the depth of the deepest profile in each sixtieth of the time, None
    where there is none. `hidden` counts the profiles without a drawable position.
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
    medium: tuple[tuple[LonLat, ...], ...] = ()
    coarse: tuple[tuple[LonLat, ...], ...] = ()
    deepest_m: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a scope: `fleet`, `year:2022`, `basin:SEA-007`, `year_basin:2022/SEA-007`, `platform:smilla77`.

    Never over simulated missions. A basin or year counts the part of a mission that lies in it for time at sea;
    missions are counted in each. `under_way_s` is the time of the year in which at least one of them was under way:
    the union of their spans, None for scopes that are no year.
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
    under_way_s: float | None = None


@dataclass(frozen=True, slots=True)
class Subtotal:
    """What the missions of one platform add to the totals of a scope; counts have parts where a basin has a share.

    `spans`: when at least one of them was under way in the year, without overlap; None for scopes that are no year.
    """

    scope: str
    platform: str
    missions: int
    profiles: float
    samples: float
    distance_m: float
    vertical_m: float
    time_at_sea_s: float
    last_data_at: datetime
    spans: tuple[tuple[datetime, datetime], ...] | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """News of a mission: when it happened, and when it was known (`shown_from`, which silence puts off).

    `over` says how the end of a mission is known; `learned_at` when the data that tell of it first came in. Figures are
    those of a mission that is over: while it is under way, news of it must not change with every profile.
    """

    id: str
    kind: UpdateKind
    platform: str
    mission: str
    at: datetime
    shown_from: datetime
    over: Over | None
    learned_at: datetime | None
    profiles: int | None = None
    distance_m: float | None = None
    time_at_sea_s: float | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Basin:
    """A named sea area."""

    id: str
    name: str
    bbox: Bbox
    geometry: dict[str, Any]  # GeoJSON Polygon or MultiPolygon
    source: str | None = None
    outline: dict[str, Any] | None = None  # The same with as few points as an overview needs.


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
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """A verification of the whole store: when it ran, how much it compared, how many differences it found.

    `waiting` counts what could not be compared because it waited to be rebuilt.
    """

    began_at: datetime
    ended_at: datetime
    missions: int
    profiles: int
    totals: int
    waiting: int
    differences: int
