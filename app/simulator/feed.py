"""Import the data of simulated gliders and of a sailbuoy, through the same path as files.

Two simulators may run at once: they produce the same rows, and profiles that are stored stay unchanged.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import structlog

from app.domain.times import to_ms
from app.ingest.context import ImportContext
from app.ingest.derive import rebuild
from app.ingest.formats.observations import Observations
from app.ingest.interpret import mission_draft
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import commit, simulated_expiry
from app.ingest.persist.mapping import File
from app.ingest.refusals import Refused
from app.simulator.dives import Dive
from app.simulator.gliders import FLEET, Glider, Schedule
from app.simulator.labels import identity, stamp
from app.simulator.sailbuoys import BUOYS, REPORT_EVERY, Sailbuoy, reported_missions
from app.store import profiles

# Long enough that a new portal shows tracks at once, short enough that the first call takes a few seconds.
BACKFILL = timedelta(hours=2)
# One transaction for each batch: it takes a second, far below MongoDB's limit of a minute.
_DIVES_AT_ONCE = 200
# Missions end twice a day and are kept for 48 h, so their removal is not urgent.
_EXPIRE_EVERY = timedelta(minutes=10)
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Simulator:
    """Imports the dives that have ended.

    All dives that ended by `since` are stored; None means that the store must be read to find out. The sailbuoys'
    rows are stored until `reported_until`.
    """

    tools: ImportContext
    schedule: Schedule
    fleet: Sequence[Glider] = FLEET
    buoys: Sequence[Sailbuoy] = BUOYS
    backfill: timedelta = BACKFILL
    since: datetime | None = None
    reported_until: datetime | None = None
    expire_at: datetime | None = None

    def catch_up(self, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
        """The number of dives stored: every dive that ended within the backfill and is missing from the store.

        Stores the reports of the sailbuoys, too. Returns early, between two batches, if `should_stop()`. Raises
        pymongo's errors when the store fails; the next call continues.
        """
        if self.expire_at is None:
            commit.replace_basins(self.tools.basins)
        if self.expire_at is None or now >= self.expire_at:
            simulated_expiry.remove_simulated(now, self._names())
            commit.sweep()
            self.expire_at = now + _EXPIRE_EVERY
        # `since` is set again once every dive is stored: after a failure the next call reads what the store holds.
        since, self.since = self.since, None
        stored, complete = 0, True
        for glider, mission, batch in self._missing(since, now):
            if should_stop():
                break
            count = self._import_dives(glider, mission, batch, now)
            stored, complete = stored + count, complete and count > 0
        else:
            self.since = now if complete else None
            self._import_reports(now)
        # One section plot a call, so that drawing does not delay the next dives.
        rebuild.rebuild(self.tools.basin_map, draw_at_once=False)
        return stored

    def _missing(self, since: datetime | None, now: datetime) -> Iterator[tuple[Glider, datetime, list[Dive]]]:
        opening = now - self.backfill
        for index, glider in enumerate(self.fleet):
            ended = self.schedule.ended(glider, index / len(self.fleet), max(since or opening, opening), now)
            for mission, pairs in groupby(ended, key=lambda pair: pair[0]):
                stored = profiles.numbers(glider.platform, stamp(mission)) if since is None else set()
                missing = [dive for _, dive in pairs if dive.number not in stored]
                for first in range(0, len(missing), _DIVES_AT_ONCE):
                    yield glider, mission, missing[first : first + _DIVES_AT_ONCE]

    def _import_dives(self, glider: Glider, mission: datetime, batch: Sequence[Dive], now: datetime) -> int:
        observations = self.schedule.observations(glider, mission, batch)
        return len(batch) if self._stored(glider, mission, observations, now) else 0

    def _import_reports(self, now: datetime) -> None:
        """Import the missions that sailbuoys reported since the last call: each in full, longer than before."""
        if self.reported_until is not None and now < self.reported_until + REPORT_EVERY:
            return
        for buoy in self.buoys:
            for mission, until in reported_missions(self.reported_until or now - self.backfill, now):
                self._stored(buoy, mission, buoy.observations(mission, until, self.schedule.seed), now)
        self.reported_until = now - (now - datetime(1970, 1, 1, tzinfo=UTC)) % REPORT_EVERY

    def _stored(self, vessel: Glider | Sailbuoy, mission: datetime, observations: Observations, now: datetime) -> bool:
        """True if the observations were stored, False if the store refused them."""
        digest = _digest(observations)
        span = mission_draft.Span(self.tools.span.earliest_ms, to_ms(now))
        named = identity(vessel.platform, mission)
        draft = mission_draft.draft(observations, named, digest, span, self.tools.basin_map)
        file = File(Path(f"{vessel.platform}-{stamp(mission)}"), digest, 0, "halocline simulate", made_up=True)
        try:
            commit.commit_draft(draft, file, self.tools.basin_map, self._names())
        except Refused as refusal:
            # Another simulator stored these rows first: the next call omits what the store holds by then.
            log.info("simulated_refused", platform=vessel.platform, mission=stamp(mission), code=refusal.code)
            return False
        return True

    def _names(self) -> dict[str, PlatformName]:
        gliders = {glider.platform: glider.label for glider in self.fleet}
        return {**self.tools.names, **gliders, **{buoy.platform: buoy.label for buoy in self.buoys}}


def _digest(rows: Observations) -> str:
    """A digest in place of a file's SHA-256: the same for the same rows."""
    digest = hashlib.sha256()
    for values in (rows.time_ms, rows.lon_deg, rows.lat_deg, rows.depth_m, rows.number):
        digest.update(values.tobytes())
    for column in rows.columns:
        digest.update(column.values.tobytes())
    return digest.hexdigest()
