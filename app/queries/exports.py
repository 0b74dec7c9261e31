"""Samples for downloads: of a mission, of a selection of missions, of the last days.

Everything that a header needs is read before the first row is sent. A snapshot excludes later writes.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.columns import decoded
from app.domain.mission_filters import Selection
from app.domain.records import Mission
from app.domain.times import to_ms
from app.errors import Conflict, Invalid
from app.queries import absences, cursors, profiles
from app.queries import missions as mission_queries
from app.store import missions, samples, snapshots
from app.store import profiles as stored_profiles

Document = Mapping[str, Any]
# Half of the missions of a large centre in a year; the list is held in memory during the download.
MOST_MISSIONS = 500
# The same limit as for the import of one file: some gigabytes.
MOST_ROWS = 20_000_000
_NARROW = "narrow them by year, basin, platform, project, from and to"


@dataclass(frozen=True, slots=True)
class Samples:
    """A mission and its samples in a snapshot.

    `single` names the columns that hold only single-precision values. `documents` can be read once.
    """

    mission: Mission
    rows: int
    highest_number: int
    single: frozenset[str]
    session: ClientSession
    immutable: bool

    def documents(self) -> Iterator[Document]:
        """The sample documents, profile by profile, streamed: `rows` rows in total.

        Raises Conflict if rows are missing or added, so that an incomplete stream does not end like a complete one.
        """
        if self.immutable:
            # It is never written again and outlives its replacement by minutes. A snapshot expires before slow
            # clients have read everything.
            documents = profiles.samples_of(self.mission)
        else:
            mission = self.mission
            documents = samples.of_version(mission.platform, mission.mission, mission.version, self.session)
        missing = self.rows
        for document in documents:
            missing -= document["count"]
            if missing < 0:
                break
            yield document
        if missing:
            raise Conflict("The data were replaced during the download; please try again.")

    def close(self) -> None:
        """Release the snapshot."""
        self.session.end_session()


def of(platform: str, mission: str) -> Samples:
    """The samples of a mission, to be closed by the caller. Raises NotFound, Gone and Moved (`absences`)."""
    session = snapshots.begin()
    try:
        stored = missions.find(platform.lower(), mission, session)
        if stored is None:
            raise absences.of_mission(platform, mission)
        return _of(stored, session)
    except BaseException:
        session.end_session()
        raise


def _of(mission: Mission, session: ClientSession) -> Samples:
    where = (mission.platform, mission.mission, mission.version)
    extent = samples.extent(*where, session)
    # Only the columns of a file with a whole mission have one type; files with single profiles may differ.
    is_one_file = mission.source.scope == "mission" and stored_profiles.are_of_file(
        *where, mission.source.sha256, session
    )
    types = samples.first_types(*where, session) if is_one_file else {}
    single = frozenset(name for name, dtype in types.items() if dtype == "f4")
    return Samples(mission, extent.rows, extent.highest_number, single, session, is_one_file)


@dataclass(frozen=True, slots=True)
class SelectedSamples:
    """Missions with their numbers of rows, in a snapshot. `documents` can be read once."""

    missions: Sequence[Mission]
    rows: Sequence[int]
    highest_number: int
    session: ClientSession

    def documents(self) -> Iterator[tuple[Mission, Document]]:
        """The sample documents, mission by mission, streamed: `rows` rows of each mission.

        Raises Conflict if rows are missing or added.
        """
        for mission, rows in zip(self.missions, self.rows, strict=True):
            # A version that came as a whole mission is never written again; see Samples.
            one = Samples(mission, rows, 0, frozenset(), self.session, immutable=mission.source.scope == "mission")
            for document in one.documents():
                yield mission, document

    def close(self) -> None:
        """Release the snapshot."""
        self.session.end_session()


def matching(selection: Selection) -> list[Mission]:
    """The missions that `queries.missions.page` would list, newest data first. Raises Invalid if there are too many."""
    page = mission_queries.page(selection.filters, MOST_MISSIONS, None, **selection.span)
    if page.next is not None:
        raise Invalid(
            "filters",
            f"match more than {MOST_MISSIONS} missions: {_NARROW}",
        )
    return page.items


def selected(selection: Selection) -> SelectedSamples:
    """The samples of the missions that match, to be closed by the caller. Raises Invalid if there are too many."""
    matched = matching(selection)
    session = snapshots.begin()
    try:
        extents = [samples.extent(m.platform, m.mission, m.version, session) for m in matched]
        if (rows := sum(extent.rows for extent in extents)) > MOST_ROWS:
            raise Invalid(
                "filters",
                f"match missions with {rows} samples, more than the {MOST_ROWS} of one file: {_NARROW}",
            )
    except BaseException:
        session.end_session()
        raise
    highest = max((extent.highest_number for extent in extents), default=0)
    return SelectedSamples(matched, [extent.rows for extent in extents], highest, session)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of recent samples begins: after the documents of this mission that begin until `start_at`.

    `since` is the begin of the window, so that all pages have the same one.
    """

    since: datetime
    mission: str
    start_at: datetime


def position(cursor: str) -> Position:
    """The position that a cursor holds. Raises Invalid("cursor")."""
    return Position(*cursors.decode(cursor, datetime, str, datetime))


@dataclass(frozen=True, slots=True)
class Recent:
    """Missions with data since a time, in a snapshot, in the order of their ids."""

    missions: Sequence[Mission]
    since: datetime
    variable: str | None
    session: ClientSession

    def page(self, most_rows: int, begin: Position | None) -> "RecentPage":
        """The documents from a position on until they have `most_rows` rows, planned almost from the index alone."""
        spans: list[tuple[Mission, samples.Span]] = []
        end: Position | None = None
        rows = 0
        for mission in self.missions:
            if begin is not None and mission.id < begin.mission:
                continue
            starts = self._starts(mission)
            loose_from = next((start.start_at for start in starts if start.number == 0), self.since)
            after = begin.start_at if begin is not None and mission.id == begin.mission else None
            span = samples.Span(self.since, loose_from, after)
            for start in starts:
                if after is not None and start.start_at <= after:
                    continue
                here = Position(self.since, mission.id, start.start_at)
                # Documents that begin at the same time stay together, because a cursor holds a time.
                if end is not None and rows >= most_rows and here != end:
                    if end.mission == mission.id:
                        spans.append((mission, replace(span, until=end.start_at)))
                    return RecentPage(self, spans, end)
                end = here
                rows += start.rows
            spans.append((mission, span))
        return RecentPage(self, spans, None)

    def _starts(self, mission: Mission) -> list[samples.Start]:
        """The documents with rows since the begin of the window, and how many.

        Of those outside profiles that begin before the window, only the last one can have some: a sailbuoy's whole
        mission is one such document.
        """
        starts = list(samples.starts_since(*_version(mission), self.since, self.session))
        loose = [start for start in starts if start.number == 0 and start.start_at < self.since]
        if not loose:
            return starts
        column = samples.loose_times(*_version(mission), loose[-1].start_at, self.session)
        times = decoded(column["data"], column["dtype"]) if column else ()
        crossing = replace(loose[-1], rows=len(times) - bisect_left(times, to_ms(self.since)))
        others = [start for start in starts if start.number != 0 or start.start_at >= self.since]
        return sorted([crossing, *others], key=attrgetter("start_at")) if crossing.rows else others

    def close(self) -> None:
        """Release the snapshot."""
        self.session.end_session()


@dataclass(frozen=True, slots=True)
class RecentPage:
    """A part of the recent samples, and the position of the next one; None on the last page."""

    of: Recent
    spans: Sequence[tuple[Mission, samples.Span]]
    end: Position | None

    @property
    def next(self) -> str | None:
        """The cursor of the next page."""
        return cursors.encode(self.end.since, self.end.mission, self.end.start_at) if self.end else None

    def documents(self) -> Iterator[tuple[Mission, Document]]:
        """Sample documents with rows since that time, mission by mission, streamed. They hold older rows, too."""
        for mission, span in self.spans:
            for document in samples.since(*_version(mission), span, self.of.variable, self.of.session):
                yield mission, document


def recent(selection: Selection, since: datetime) -> Recent:
    """The samples since a time, to be closed by the caller. Raises Invalid if too many missions match."""
    # Ordered by id, because the newest data move a mission in the list between two pages.
    matched = sorted(matching(replace(selection, since=since)), key=attrgetter("id"))
    return Recent(matched, since, selection.filters.get("variable"), snapshots.begin())


def _version(mission: Mission) -> tuple[str, str, str]:
    return mission.platform, mission.mission, mission.version
