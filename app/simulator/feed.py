"""A few made-up gliders that dive now, and a sailbuoy, through the same path as files.

Two simulators at once do no harm: they make the same rows, and what is stored already is left as it is.
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
from app.ingest.interpret import mission_draft
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import commit, simulated_expiry
from app.ingest.persist.mapping import File
from app.ingest.refusals import Refused
from app.ingest.sources.observations import Observations
from app.simulator.dives import Dive
from app.simulator.gliders import FLEET, Glider, Schedule
from app.simulator.labels import identity, stamp
from app.simulator.sailbuoys import BUOYS, TOLD_EVERY, Sailbuoy, told
from app.store import profiles

# A page that nobody had open yet shows tracks, and a start takes a few seconds.
BACKFILL = timedelta(hours=2)
# One transaction each: a second's work, far from the minute that MongoDB gives it.
_DIVES_AT_ONCE = 200
# Missions end twice a day: nobody waits for their removal.
_EXPIRE_EVERY = timedelta(minutes=10)
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Simulator:
    """Takes the dives in that have ended by now. `since` is the moment up to which all are known to be stored."""

    tools: ImportContext
    schedule: Schedule
    fleet: Sequence[Glider] = FLEET
    buoys: Sequence[Sailbuoy] = BUOYS
    backfill: timedelta = BACKFILL
    since: datetime | None = None
    told: datetime | None = None
    expire_at: datetime | None = None

    def catch_up(self, now: datetime, asked_to_end: Callable[[], bool] = lambda: False) -> int:
        """Stores every dive that ended in the backfill and is not there yet, returns how many, and what buoys tell.

        Ends early, between two batches, when asked. Raises pymongo's errors when the store fails: call it again.
        """
        if self.expire_at is None:
            commit.replace_basins(self.tools.basins)
        if self.expire_at is None or now >= self.expire_at:
            simulated_expiry.remove_simulated(now, self._names())
            commit.sweep()
            self.expire_at = now + _EXPIRE_EVERY
        # Until all is in, nothing is known: after a failure the store is asked what it has.
        since, self.since = self.since, None
        stored, complete = 0, True
        for glider, mission, batch in self._missing(since, now):
            if asked_to_end():
                break
            taken = self._take_in(glider, mission, batch, now)
            stored, complete = stored + taken, complete and taken > 0
        else:
            self.since = now if complete else None
            self._listen(now)
        # One drawing a call: gliders do not wait for all of them.
        rebuild.rebuild(self.tools.basin_map, draw_at_once=False)
        return stored

    def _missing(self, since: datetime | None, now: datetime) -> Iterator[tuple[Glider, datetime, list[Dive]]]:
        opening = now - self.backfill
        for place, glider in enumerate(self.fleet):
            ended = self.schedule.ended(glider, place / len(self.fleet), max(since or opening, opening), now)
            for mission, made in groupby(ended, key=lambda pair: pair[0]):
                there = profiles.numbers(glider.platform, stamp(mission)) if since is None else set()
                lacking = [dive for _, dive in made if dive.number not in there]
                for first in range(0, len(lacking), _DIVES_AT_ONCE):
                    yield glider, mission, lacking[first : first + _DIVES_AT_ONCE]

    def _take_in(self, glider: Glider, mission: datetime, batch: Sequence[Dive], now: datetime) -> int:
        made = self.schedule.observations(glider, mission, batch)
        return len(batch) if self._stored(glider, mission, made, now) else 0

    def _listen(self, now: datetime) -> None:
        """Takes in what the sailbuoys have told since the last time: whole missions, each longer than before."""
        if self.told is not None and now < self.told + TOLD_EVERY:
            return
        for buoy in self.buoys:
            for mission, until in told(self.told or now - self.backfill, now):
                self._stored(buoy, mission, buoy.observations(mission, until, self.schedule.seed), now)
        self.told = now - (now - datetime(1970, 1, 1, tzinfo=UTC)) % TOLD_EVERY

    def _stored(self, vessel: Glider | Sailbuoy, mission: datetime, made: Observations, now: datetime) -> bool:
        digest = _digest(made)
        span = mission_draft.Span(self.tools.span.earliest_ms, to_ms(now))
        draft = mission_draft.draft(made, identity(vessel.platform, mission), digest, span, self.tools.basin_map)
        file = File(Path(f"{vessel.platform}-{stamp(mission)}"), digest, 0, "halocline simulate", made_up=True)
        try:
            commit.commit_draft(draft, file, self.tools.basin_map, self._names())
        except Refused as refusal:
            # Another simulator was first: the next call leaves out what is there by then.
            log.info("simulated_refused", platform=vessel.platform, mission=stamp(mission), code=refusal.code)
            return False
        return True

    def _names(self) -> dict[str, PlatformName]:
        ours = {glider.platform: glider.label for glider in self.fleet}
        return {**self.tools.names, **ours, **{buoy.platform: buoy.label for buoy in self.buoys}}


def _digest(made: Observations) -> str:
    """What stands for the bytes of a file: the same for the same rows."""
    digest = hashlib.sha256()
    for values in (made.time_ms, made.lon_deg, made.lat_deg, made.depth_m, made.number):
        digest.update(values.tobytes())
    for column in made.columns:
        digest.update(column.values.tobytes())
    return digest.hexdigest()
