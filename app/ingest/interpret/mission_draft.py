"""Observations to a draft of a mission: judged, grouped into profiles, counted. All by columns, never by sample."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns, profiles, surface_fixes
from app.domain.basins import BasinMap
from app.domain.columns import Dtype
from app.domain.mission_summary import MissionSummary, Part, Remainder, summarise
from app.domain.records import Direction, Kind, Scope, Variable
from app.domain.times import from_ms, to_ms
from app.ingest.interpret import metadata, quality_control, surface_track
from app.ingest.interpret import subset_history as parts_of_datasets
from app.ingest.interpret.identity import Identity
from app.ingest.interpret.profile_grouping import GroupedRows
from app.ingest.refusals import Refused
from app.ingest.sources.observations import NO_TIME, Floats, Ints, Observations

# A document of MongoDB holds 16 MB; columns that do not compress must fit with room for their names.
CHUNK_BYTES = 8 << 20

_WIDTHS: dict[str, Dtype] = {"f4": "f4", "f8": "f8"}


@dataclass(frozen=True, slots=True)
class Span:
    """The times that are believed, ms since 1970."""

    earliest_ms: int
    latest_ms: int


@dataclass(frozen=True, slots=True)
class Draft:
    """One file as a mission of its own, not stored yet. Rows are ordered by profile, those outside profiles first."""

    identity: Identity
    kind: Kind
    version: str
    scope: Scope
    format: str
    parts: tuple[Part, ...]
    directions: tuple[Direction | None, ...]
    remainder: Remainder
    summary: MissionSummary
    variables: tuple[Variable, ...]
    quality: dict[str, dict[str, int]]
    metadata: dict[str, Any]
    declared: dict[str, Any]
    modified_ms: int | None
    simulated: bool
    time_ms: Ints
    offsets: Ints
    columns: tuple[tuple[str, str | None, NDArray[Any]], ...]

    def sample_documents(self, first: int, last: int) -> Iterator[dict[str, Any]]:
        """The stored form of the samples of profiles `first` to `last` - 1; -1 is what lies outside profiles.

        Each has `key_ms` (first time of the profile), `number`, `part`, `start_at`, `count` and `columns`; see
        `domain.columns`.
        """
        chunk_rows = max(CHUNK_BYTES // self.row_bytes, 1)
        views = [_stored(name, unit, values) for name, unit, values in self.columns]
        for profile in range(first, last):
            start, stop = int(self.offsets[profile + 1]), int(self.offsets[profile + 2])
            for part, row in enumerate(range(start, stop, chunk_rows)):
                end = min(row + chunk_rows, stop)
                yield {
                    "key_ms": int(self.time_ms[start]),
                    "number": self.parts[profile].number if profile >= 0 else 0,
                    "part": part,
                    "start_at": from_ms(int(self.time_ms[row])),
                    "count": end - row,
                    "columns": {
                        name: {**about, "data": columns.packed(view[row * width : end * width])}
                        for name, about, view, width in views
                    },
                }

    @property
    def row_bytes(self) -> int:
        """How much a sample takes before compression."""
        return sum(values.dtype.itemsize for _, _, values in self.columns)


def draft(observations: Observations, identity: Identity, sha256: str, span: Span, basin_map: BasinMap) -> Draft:
    """The file as a mission of its own. Raises Refused when its times or positions cannot be used."""
    accepted = quality_control.accepted_times(observations, span.earliest_ms, span.latest_ms)
    positions = quality_control.judged_positions(
        observations.lon_deg, observations.lat_deg, accepted, observations.names
    )
    at_surface = observations.kind == "sailbuoy"
    depths = _depths(observations)
    keep, dropped = _rows_in_time_order(observations)
    number = profiles.numbers_of(observations.number[keep])
    number[~accepted[keep] | at_surface] = 0
    group = _with_depth(profiles.identified(number, observations.time_ms[keep]), depths.depth_m[keep])
    order = np.argsort(group, kind="stable")
    rows, group = keep[order], group[order]
    count = int(group[-1]) + 1 if group.size else 0
    quality_control.require_few_profiles(count)
    if observations.scope == "profiles" and not count:
        raise Refused("not_profiles", "no sample with a usable time has a depth, so there is no profile", "depth")
    taken = GroupedRows(observations, positions, depths, accepted, rows, group, count)
    parts = taken.parts()
    warnings = Counter(dropped)
    warnings.update(observations.warnings)
    if not at_surface and "number" not in observations.names and observations.format != "pyglider grid":
        warnings["profile_number_missing"] = int(rows.size)
    repeated = len(parts) - len({part.number for part in parts})
    if repeated:
        warnings["profile_number_repeated"] = repeated
    warnings["depth_sign_flipped"] = depths.flipped
    if observations.scope == "mission":
        warnings[parts_of_datasets.WARNING] = parts_of_datasets.constraints(observations.attributes)
    if observations.scope == "profiles":
        parts, remainder = _whole_in_first(parts, taken.remainder(warnings)), Remainder()
    else:
        remainder = taken.remainder(warnings)
    said = metadata.declared(observations)
    fold = partial(summarise, basin_map=basin_map)
    if at_surface:
        valid = positions.valid[rows] & accepted[rows]
        track, remainder = surface_track.parts(
            observations.time_ms[rows], positions.lon_deg[rows], positions.lat_deg[rows], valid,
            observations.weight[rows], remainder,
        )  # fmt: skip
        fold = partial(fold, max_speed_m_s=surface_fixes.MAX_SPEED_M_S)
    else:
        track = parts
    whole = fold(track, remainder)
    # A profile file's attributes tell of its whole deployment: they cannot be held against one profile.
    if observations.scope == "mission" and (differing := metadata.disagreements(said, whole.figures)):
        remainder = replace(remainder, warnings={**remainder.warnings, "declared_differs": len(differing)})
        whole = fold(track, remainder)
    if at_surface:
        # Fixes are derived from the samples whenever they are needed, with their flags.
        whole = replace(whole, flagged=())
    time_ms = observations.time_ms[rows]
    coordinates: list[tuple[str, str | None, NDArray[Any]]] = [
        ("time", "milliseconds since 1970-01-01T00:00:00Z", time_ms),
        ("longitude", "degrees_east", positions.lon_deg[rows]),
        ("latitude", "degrees_north", positions.lat_deg[rows]),
        ("depth", "m", depths.depth_m[rows]),
    ]
    return Draft(
        identity=identity,
        kind=observations.kind,
        version=version_of(identity, observations.scope, sha256),
        scope=observations.scope,
        format=observations.format,
        parts=parts,
        directions=taken.directions(),
        remainder=remainder,
        summary=whole,
        variables=tuple(column.about for column in observations.columns),
        quality={
            column.about.name: {"good": column.good, "checked": column.checked}
            for column in observations.columns
            if column.good is not None and column.checked
        },
        metadata=metadata.described(observations),
        declared=said,
        modified_ms=metadata.modified_ms(observations, span.earliest_ms, span.latest_ms),
        simulated=str(observations.attributes.get("simulated", "")).strip().lower() in ("1", "true", "yes"),
        time_ms=time_ms,
        offsets=np.concatenate((np.searchsorted(group, np.arange(-1, count)), [group.size])),
        columns=(*coordinates, *((c.about.name, c.about.unit, c.values[rows]) for c in observations.columns)),
    )


def _depths(observations: Observations) -> quality_control.Depths:
    """The depths as judged; none for a vessel that stays at the surface, whatever pressure it measures there."""
    if observations.kind == "sailbuoy":
        nowhere = np.zeros(observations.depth_m.size, dtype=bool)
        return quality_control.Depths(np.full(observations.depth_m.size, np.nan), nowhere, nowhere, 0)
    pressure = next((c.values for c in observations.columns if c.about.name == "pressure"), None)
    return quality_control.judged_depths(
        observations.depth_m, None if pressure is None else pressure.astype(np.float64, copy=False)
    )


def version_of(identity: Identity, scope: Scope, sha256: str) -> str:
    """The id of the version a file makes: the same for the same file, so that a repeated run writes the same thing.

    Profiles that arrive one by one share one version, whichever comes first.
    """
    source = sha256 if scope == "mission" else "profiles"
    text = "\n".join((scope, source, identity.platform, identity.mission, identity.mode if source == sha256 else ""))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _rows_in_time_order(observations: Observations) -> tuple[NDArray[np.intp], dict[str, int]]:
    """The rows that are kept, in time order, and how many were dropped for what."""
    timed = np.flatnonzero(observations.time_ms != NO_TIME)
    order = timed[np.argsort(observations.time_ms[timed], kind="stable")]
    compared = [observations.lon_deg, observations.lat_deg, observations.depth_m, observations.number]
    compared += [column.values for column in observations.columns]
    repeated = quality_control.repeated_rows(observations.time_ms[order], [values[order] for values in compared])
    dropped = {
        "time_missing": int(observations.time_ms.size - timed.size),
        "duplicate_rows": int(repeated.sum()),
    }
    return order[~repeated], dropped


def _with_depth(group: NDArray[np.intp], depth_m: Floats) -> NDArray[np.intp]:
    """The groups counted anew without those that have no finite depth: their samples lie outside profiles."""
    count = int(group.max()) + 1 if group.size else 0
    seen = np.zeros(count + 1, dtype=bool)
    seen[group[np.isfinite(depth_m)]] = True
    seen[count] = False
    renumbered = np.where(seen, np.cumsum(seen) - 1, -1)
    # Index -1 is the last one: samples outside profiles stay there.
    result: NDArray[np.intp] = renumbered[group].astype(np.intp)
    return result


def _whole_in_first(parts: tuple[Part, ...], remainder: Remainder) -> tuple[Part, ...]:
    """The parts with what a profile file has beside its profile counted in the first: it comes and goes with it."""
    first = parts[0]
    warnings = Counter(first.warnings)
    warnings.update(remainder.warnings)
    whole = replace(first, samples=first.samples + remainder.samples, warnings=dict(warnings))
    return (whole, *parts[1:])


def _stored(name: str, unit: str | None, values: NDArray[Any]) -> tuple[str, dict[str, Any], memoryview, int]:
    """A column's name, what is said of it, all its bytes as they are stored, and how many a value has."""
    dtype: Dtype = "i8" if values.dtype.kind == "i" else _WIDTHS[values.dtype.str[1:]]
    plain = np.ascontiguousarray(values, dtype=f"<{dtype}")
    # A view of nothing cannot be cast.
    view = plain.data.cast("B") if plain.size else memoryview(b"")
    return name, {"unit": unit, "dtype": dtype}, view, plain.itemsize


def span(accept_from: Any, now: Any, tolerance_s: int) -> Span:
    """The times that are believed: from `accept_from` to a little after `now`."""
    return Span(to_ms(accept_from), to_ms(now) + tolerance_s * 1000)
