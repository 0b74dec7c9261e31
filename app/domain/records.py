"""The frozen records of the domain. Web workers import this module: keep numpy out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from app.domain import mission_number
from app.domain.basin_tree import Basin as Basin
from app.domain.basin_tree import BasinShare as BasinShare
from app.domain.basin_tree import Bbox as Bbox
from app.domain.quality_flags import FlagCounts
from app.domain.reporting import DEFAULT, ENDED_AFTER, LATE_AFTER, SILENT_AFTER
from app.domain.reporting import Origin as Origin

DataMode = Literal["R", "P", "A", "D"]
Outcome = Literal["stored", "replaced", "unchanged", "refused"]
Scope = Literal["mission", "profiles"]
Direction = Literal["down", "up"]
Kind = Literal["glider", "sailbuoy"]
# Vessels that stay at the surface: they have fixes instead of profiles.
SURFACE_KINDS = frozenset({"sailbuoy"})
UpdateKind = Literal["deployment", "silent", "end", "delayed", "withdrawal", "restoration"]
# Why a mission is regarded as over.
Over = Literal["next_mission", "processed_data", "silence"]

LonLat = tuple[float, float]

# A higher mode is never replaced by a lower one.
MODE_RANK: dict[str, int] = {"R": 0, "P": 1, "A": 2, "D": 3}
MODE_NAMES: dict[str, str] = {"R": "Real time", "P": "Provisional", "A": "Adjusted", "D": "Delayed"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning: its stable code and how many samples, profiles or attributes it concerns."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A measured variable in the vocabulary; `source_*` are the name and unit of the file."""

    name: str
    unit: str | None
    standard_name: str | None = None
    long_name: str | None = None
    source_name: str | None = None
    source_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The origin of a version."""

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
    # Documents of earlier releases have no such field: None.
    is_distance_known: bool | None = None

    @property
    def known_distance_m(self) -> float | None:
        """The distance; None without positions of profiles or fixes: it is then not 0, but unknown."""
        return known_distance_m(self.distance_m, self.profiles, self.is_distance_known)


def known_distance_m(distance_m: float, profiles: int, is_known: bool | None) -> float | None:
    """The stored distance if it is known. Without the field `is_known`, profiles or a distance decide."""
    return distance_m if (is_known if is_known is not None else bool(profiles or distance_m)) else None


@dataclass(frozen=True, slots=True)
class YearShare:
    """The part of a mission in one year: time by overlap, the rest by the mid time of each profile."""

    year: int
    time_at_sea_s: float
    profiles: int
    samples: int
    distance_m: float
    vertical_m: float


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """A replaced version."""

    version: str
    data_mode: DataMode
    replaced_at: datetime
    file_name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Mission:
    """The current version of a mission: identity, figures, warnings and origin."""

    platform: str
    mission: str
    version: str
    data_mode: DataMode
    figures: Figures
    # The smallest basins first, then those that contain them: the order of BasinMap.shares.
    basins: tuple[BasinShare, ...]
    variables: tuple[Variable, ...]
    warnings: tuple[Finding, ...]
    # By canonical names: name, project, project_url, institution, pi, licence, doi, comment, sea_name, …
    metadata: dict[str, Any]
    # Span, box and depth as the attributes of the file declare them; `figures` are computed.
    declared: dict[str, Any]
    source: Source
    earlier: tuple[EarlierVersion, ...] = ()
    simulated: bool = False
    kind: Kind = "glider"
    by_year: tuple[YearShare, ...] = ()
    # Of the variables and coordinates that have quality flags.
    flags: tuple[FlagCounts, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.platform}/{self.mission}"

    @property
    def operator_number(self) -> str | None:
        """The number by which operators name it, such as `M17`; None if its file has none."""
        return mission_number.of_file(self.source.file_name)

    @property
    def smallest_basins(self) -> tuple[BasinShare, ...]:
        """The basins to which profiles are assigned, the largest own share first."""
        return tuple(basin for basin in self.basins if basin.own)

    @property
    def larger_basins(self) -> tuple[BasinShare, ...]:
        """The basins that contain others of the mission, the smallest first."""
        return tuple(basin for basin in self.basins if basin.nested)

    @property
    def duration_s(self) -> float:
        """Time at sea, s: last minus first valid time."""
        return (self.figures.end_at - self.figures.start_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. lon_deg and lat_deg are the mean of its valid positions, None when it has none.

    `flagged`: its position needs an impossible speed; the profile counts, but its position is not drawn.
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
    """A glider or sailbuoy and the totals of its missions. `serial` is its label, else the platform id.

    `distance_m` is None if the distance of no mission is known. `ended_at` is when data showed that its last mission is
    over; None while only a silence can end it.
    """

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
    distance_m: float | None
    vertical_m: float
    time_at_sea_s: float
    simulated: bool = False
    reporting_interval_s: float = DEFAULT.total_seconds()
    reporting_interval_origin: Origin = "default"
    ended_at: datetime | None = None

    @property
    def late_at(self) -> datetime:
        """When it becomes late without new data."""
        return self.last_seen_at + timedelta(seconds=LATE_AFTER * self.reporting_interval_s)

    @property
    def silent_at(self) -> datetime:
        """When it becomes silent without new data."""
        return self.last_seen_at + timedelta(seconds=SILENT_AFTER * self.reporting_interval_s)

    @property
    def over_from(self) -> datetime:
        """When its last mission is over without new data."""
        treated_as_ended_at = self.last_seen_at + ENDED_AFTER
        return treated_as_ended_at if self.ended_at is None else min(self.ended_at, treated_as_ended_at)

    @property
    def display_name(self) -> str:
        """Name for display: `SEA077 Smilla`, else its serial."""
        return display_name(self.serial, self.name)


def display_name(serial: str, name: str | None) -> str:
    """The label of a platform and its name, if it has one."""
    # A name that only repeats the serial adds nothing.
    return f"{serial} {name}" if name and name.lower() not in serial.lower() else serial


@dataclass(frozen=True, slots=True)
class Track:
    """A mission's track, derived: the profiles with an unflagged position, in time order, as columns.

    `lines` is split at 180 degrees (RFC 7946, 3.1.9); `simplified`, `medium` and `coarse` have fewer and fewer points
    for overviews. `deepest_m` is the depth of the deepest profile in each sixtieth of the time, None in an empty one.
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
    medium: tuple[tuple[LonLat, ...], ...] = ()
    coarse: tuple[tuple[LonLat, ...], ...] = ()
    deepest_m: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """An event of a mission: when it happened (`at`), and since when it is public (`shown_from`).

    `over` is the reason why the mission is regarded as over; `learned_at` is the first import of the data that prove
    the event. Figures are set for missions that are over: before, an update would change with every profile. Only a
    withdrawal and a restoration have a `reason`. `operator_number` is that of the mission, such as `M17`. Only a
    withdrawal has a `platform_name`, because its platform may not be stored any more. `published_platform` is the id
    that the platform had when updates of the mission were first published, if it has been renamed since.
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
    reason: str | None = None
    operator_number: str | None = None
    platform_name: str | None = None
    published_platform: str | None = None

    @property
    def public_id(self) -> str:
        """The id in feed and API, which no rename changes: feed readers show each id once."""
        return self.id.replace(f"/{self.platform}/", f"/{self.published_platform or self.platform}/", 1)
