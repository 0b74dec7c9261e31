"""A draft of a mission from observations: judged, grouped into profiles, summarised. By columns, not by sample."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import profiles, surface_fixes
from app.domain.basins import BasinMap
from app.domain.mission_summary import MissionSummary, Part, Remainder, summarise
from app.domain.quality_flags import FlagCounts
from app.domain.records import Direction, Kind, Scope, Variable
from app.domain.times import parsed, to_ms
from app.ingest.formats import depth_correction, mission_limits, subset_history
from app.ingest.formats.duplicate_rows import repeated_rows
from app.ingest.formats.observations import NO_TIME, Flags, Floats, Ints, Mask, Observations
from app.ingest.interpret import flag_counts, metadata, quality_control, surface_track, time_islands, turning_points
from app.ingest.interpret.identity import Identity
from app.ingest.interpret.part_join import FilePart
from app.ingest.interpret.profile_grouping import GroupedRows, stable_order
from app.ingest.refusals import Refused


@dataclass(frozen=True, slots=True)
class Span:
    """The accepted times, ms since 1970."""

    earliest_ms: int
    latest_ms: int


@dataclass(frozen=True, slots=True)
class Draft:
    """One file as a mission of its own, not yet stored. Rows are ordered by profile, those outside profiles first.

    `parts` are the profiles; profile i has the rows `offsets[i + 1]` to `offsets[i + 2]`. `columns` are name, unit and
    values of the coordinates, then of the measured variables; `flags` are the quality flags of some of them. A mission
    in consecutive files has its `files`. `base` is the version of the stored mission, None without one, that the draft
    was compared with if `is_compared`: it may replace no other one.
    """

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
    flag_counts: tuple[FlagCounts, ...]
    metadata: dict[str, Any]
    declared: dict[str, Any]
    modified_ms: int | None
    simulated: bool
    unread: Mapping[str, str]
    time_ms: Ints
    offsets: Ints
    columns: tuple[tuple[str, str | None, NDArray[Any]], ...]
    flags: Mapping[str, Flags]
    files: tuple[FilePart, ...] = ()
    base: str | None = None
    is_compared: bool = False

    @property
    def row_bytes(self) -> int:
        """The size of a sample before compression."""
        return sum(values.dtype.itemsize for _, _, values in self.columns) + len(self.flags)


def span(accept_from: datetime, now: datetime, tolerance_s: int) -> Span:
    """The accepted times: from `accept_from` to `now` plus a tolerance."""
    return Span(to_ms(accept_from), to_ms(now) + tolerance_s * 1000)


def draft(observations: Observations, identity: Identity, sha256: str, span: Span, basin_map: BasinMap) -> Draft:
    """The file as a mission of its own. Raises Refused when its times or positions are unusable."""
    named_start = parsed(identity.mission)
    grouped, dropped = _grouped(observations, span, None if named_start is None else to_ms(named_start))
    parts = grouped.parts()
    remainder = grouped.remainder(_file_warnings(observations, grouped, parts, dropped))
    if observations.scope == "profiles":
        parts, remainder = _with_remainder_in_first(parts, remainder), Remainder()
    declared = metadata.declared(observations)
    summary, remainder = _summary(grouped, parts, remainder, declared, basin_map)
    columns, flags = _columns(grouped), _flags(grouped)
    offsets = np.concatenate((np.searchsorted(grouped.group, np.arange(-1, grouped.count)), [grouped.group.size]))
    # Of single profiles, only the samples in them are stored.
    stored = slice(int(offsets[1]) if observations.scope == "profiles" else 0, None)
    return Draft(
        identity=identity,
        kind=observations.kind,
        version=version_of(identity, observations.scope, sha256, bool(flags)),
        scope=observations.scope,
        format=observations.format,
        parts=parts,
        directions=grouped.directions(),
        remainder=remainder,
        summary=summary,
        variables=tuple(column.about for column in observations.columns),
        flag_counts=flag_counts.of_columns(
            {name: values[stored] for name, _, values in columns}, {name: each[stored] for name, each in flags.items()}
        ),
        metadata=metadata.described(observations),
        declared=declared,
        modified_ms=metadata.modified_ms(observations, span.earliest_ms, span.latest_ms),
        simulated=str(observations.attributes.get("simulated", "")).strip().lower() in ("1", "true", "yes"),
        unread=dict(observations.unread),
        time_ms=grouped.time_ms,
        offsets=offsets,
        columns=columns,
        flags=flags,
    )


def version_of(identity: Identity, scope: Scope, sha256: str, has_flags: bool) -> str:
    """The id of the version that a file makes: the same for the same file, so that a repeated run changes nothing.

    Profiles that arrive one by one share one version, in any order. A version with quality flags has another id than
    one without, so that a file that was imported before flags were stored can be imported again.
    """
    source = sha256 if scope == "mission" else "profiles"
    text = "\n".join((scope, source, identity.platform, identity.mission, identity.mode if source == sha256 else ""))
    text += "\nflags" if has_flags and scope == "mission" else ""
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _grouped(observations: Observations, span: Span, start_ms: int | None) -> tuple[GroupedRows, dict[str, int]]:
    """The distinct rows with a time, judged and grouped by profile; and the number of dropped rows by cause.

    `start_ms` is the start in the name of the mission, None if it names none.
    """
    times = time_islands.judged(observations, span.earliest_ms, span.latest_ms, start_ms)
    accepted = times.accepted
    positions = quality_control.judged_positions(
        observations.lon_deg, observations.lat_deg, accepted, observations.left_out("position"), observations.names
    )
    depths = depth_correction.of_rows(observations)
    in_time_order, dropped = _rows_in_time_order(observations)
    observations = _numbered(observations, accepted, depths.good_m, in_time_order)
    group = _group_of_rows(observations, accepted, depths.good_m, in_time_order)
    order = stable_order(group)
    rows, group = in_time_order[order], group[order]
    count = int(group[-1]) + 1 if group.size else 0
    mission_limits.require_few_profiles(count)
    if observations.scope == "profiles" and not count:
        raise Refused("not_profiles", "no sample with a usable time has a depth, so there is no profile", "depth")
    return GroupedRows(observations, positions, depths, times, rows, group, count), dropped


def _numbered(
    observations: Observations, accepted: Mask, depth_m: Floats, in_time_order: NDArray[np.intp]
) -> Observations:
    """The observations with numbers of profiles from their turning points, if the file has none."""
    if observations.is_surface or observations.is_numbered or observations.scope != "mission":
        return observations
    number = np.zeros(observations.time_ms.size)
    rows = in_time_order[accepted[in_time_order]]
    number[rows] = turning_points.numbers(observations.time_ms[rows], depth_m[rows])
    return replace(observations, number=number)


def _rows_in_time_order(observations: Observations) -> tuple[NDArray[np.intp], dict[str, int]]:
    """The distinct rows with a time, in time order, and the number of dropped rows by cause."""
    timed = np.flatnonzero(observations.time_ms != NO_TIME)
    order = timed[stable_order(observations.time_ms[timed])]
    compared: list[NDArray[Any]] = [
        observations.lon_deg,
        observations.lat_deg,
        observations.depth_m,
        observations.number,
    ]
    compared += [column.values for column in observations.columns]
    compared += [*observations.flags.values(), *(c.flags for c in observations.columns if c.flags is not None)]
    repeated = repeated_rows(observations.time_ms, compared, order)
    dropped = {
        "time_missing": int(observations.time_ms.size - timed.size),
        "duplicate_rows": int(repeated.sum()),
    }
    return order[~repeated], dropped


def _group_of_rows(
    observations: Observations, accepted: Mask, depth_m: Floats, rows: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The index of the profile of each row, -1 outside profiles."""
    number = profiles.numbers_of(observations.number[rows])
    number[~accepted[rows] | observations.is_surface] = 0
    return _with_depth(profiles.identified(number, observations.time_ms[rows]), depth_m[rows])


def _with_depth(group: NDArray[np.intp], depth_m: Floats) -> NDArray[np.intp]:
    """The groups, renumbered without those that have no finite depth: their samples lie outside profiles."""
    count = int(group.max()) + 1 if group.size else 0
    has_depth = np.zeros(count + 1, dtype=bool)
    has_depth[group[np.isfinite(depth_m)]] = True
    has_depth[count] = False
    renumbered = np.where(has_depth, np.cumsum(has_depth) - 1, -1)
    # Index -1 is the last one: samples outside profiles stay outside.
    result: NDArray[np.intp] = renumbered[group].astype(np.intp)
    return result


def _file_warnings(
    observations: Observations, grouped: GroupedRows, parts: tuple[Part, ...], dropped: dict[str, int]
) -> Counter[str]:
    """The warnings that concern the file as a whole."""
    warnings = Counter(dropped)
    warnings.update(observations.warnings)
    if not observations.is_surface and not observations.is_numbered:
        warnings["profile_number_missing"] = int(grouped.rows.size)
    if not observations.is_surface and not parts:
        warnings["profile_missing"] = int(grouped.rows.size)
    if not observations.is_surface and not np.isfinite(grouped.depth_m).any():
        warnings["depth_missing"] = int(grouped.rows.size)
    repeated = len(parts) - len({part.number for part in parts})
    if repeated:
        warnings["profile_number_repeated"] = repeated
    warnings["depth_sign_flipped"] += grouped.depths.flipped
    if observations.scope == "mission":
        warnings[subset_history.WARNING] = subset_history.constraint_count(observations.attributes)
    return warnings


def _with_remainder_in_first(parts: tuple[Part, ...], remainder: Remainder) -> tuple[Part, ...]:
    """The parts, with the samples and warnings outside profiles counted in the first.

    They are then replaced together with it.
    """
    first = parts[0]
    warnings = Counter(first.warnings)
    warnings.update(remainder.warnings)
    merged = replace(first, samples=first.samples + remainder.samples, warnings=dict(warnings))
    return (merged, *parts[1:])


def _summary(
    grouped: GroupedRows,
    parts: tuple[Part, ...],
    remainder: Remainder,
    declared: dict[str, Any],
    basin_map: BasinMap,
) -> tuple[MissionSummary, Remainder]:
    """The figures of the mission, and the remainder with the warning about contradicted attributes."""
    observations = grouped.observations
    summarised = partial(summarise, basin_map=basin_map)
    if observations.is_surface:
        parts, remainder = surface_track.parts(
            grouped.time_ms, grouped.lon_deg, grouped.lat_deg, grouped.valid, observations.weight[grouped.rows],
            remainder,
        )  # fmt: skip
        summarised = partial(summarised, max_speed_m_s=surface_fixes.MAX_SPEED_M_S)
    summary = summarised(parts, remainder)
    # The attributes of a profile file describe its whole deployment: they are not comparable with one profile.
    if observations.scope == "mission" and (names := metadata.contradicted(declared, summary.figures)):
        remainder = replace(remainder, warnings={**remainder.warnings, "declared_differs": len(names)})
        summary = summarised(parts, remainder)
    if observations.is_surface:
        # Fixes and their flags are derived from the stored samples whenever they are needed.
        summary = replace(summary, flagged=())
    return summary, remainder


def _columns(grouped: GroupedRows) -> tuple[tuple[str, str | None, NDArray[Any]], ...]:
    rows = grouped.rows
    # The columns of a large file in order need no copy.
    is_whole = rows.size == grouped.observations.time_ms.size and bool((np.diff(rows) == 1).all())
    return (
        ("time", "milliseconds since 1970-01-01T00:00:00Z", grouped.time_ms),
        ("longitude", "degrees_east", grouped.lon_deg),
        ("latitude", "degrees_north", grouped.lat_deg),
        ("depth", "m", grouped.stored_depth_m),
        *(
            (column.about.name, column.about.unit, column.values if is_whole else column.values[rows])
            for column in grouped.observations.columns
        ),
    )


def _flags(grouped: GroupedRows) -> dict[str, Flags]:
    """The quality flags of the columns that have some, by their names."""
    observations, rows = grouped.observations, grouped.rows
    position = observations.flags.get("position")
    of_columns = {
        "time": observations.flags.get("time"),
        "longitude": position,
        "latitude": position,
        "depth": grouped.depths.flags,
        **{column.about.name: column.flags for column in observations.columns},
    }
    return {name: flags[rows] for name, flags in of_columns.items() if flags is not None}
