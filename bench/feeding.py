"""A process that imports a steady number of profiles a second, controlled through standard input.

Run as `python -m bench.feeding MONGODB_URI REDIS_URL DATABASE PROFILES_A_SECOND SECONDS`. It prints `ready`; the lines
`go` and `pause` on standard input start and pause it. At the end of the input it prints its counts as JSON.
"""

import json
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

from app import config, extensions
from app.ingest import context
from app.ingest.derive import rebuild
from app.ingest.interpret import mission_draft
from app.ingest.interpret.identity import Identity, Options
from app.ingest.persist import commit
from app.seeding import run
from app.seeding.plan import MISSIONS_A_PLATFORM, Plan
from app.telemetry import logs

# 1,000 profiles a second are four missions a second, as when an archive is imported.
_PROFILES = 250
_SAMPLES = 20
# A running importer rebuilds derived data every few seconds.
_REBUILD_EVERY_S = 5.0


def main(mongodb_uri: str, redis_url: str, database: str, rate: float, seconds: float) -> None:
    """Import profiles at this rate until standard input ends."""
    settings = config.load(mongodb_uri=mongodb_uri, redis_url=redis_url, mongodb_database=database)
    logs.configure("WARNING", sys.stderr)
    extensions.mongo.bind(settings.model_copy(update={"mongodb_timeout_ms": 30_000}))
    extensions.redis.bind(settings)
    tools = context.import_context(settings, Options())
    count = max(int(rate * seconds / _PROFILES), MISSIONS_A_PLATFORM)
    plan = Plan(
        count, _PROFILES, _SAMPLES, 0, datetime(2015, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), 2,
        sailbuoys=False,
    )  # fmt: skip
    missions = (mission for index in range(plan.platforms) for mission in plan.of_platform(index))
    prepared = [(mission, mission.observations()) for mission in missions]
    running, ended = threading.Event(), threading.Event()

    def read_commands() -> None:
        for line in sys.stdin:
            (running.set if line.strip() == "go" else running.clear)()
        ended.set()
        running.set()

    threading.Thread(target=read_commands, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    stored, busy_s, late_s, due = 0, 0.0, 0.0, None
    rebuilt_at = time.monotonic()
    for mission, rows in prepared:
        if not running.is_set():
            due = None
        running.wait()
        if ended.is_set():
            break
        now = time.monotonic()
        due = now if due is None else due + _PROFILES / rate
        # An importer that is late by more than a mission does not catch up; the result contains the rate it reached.
        late_s = max(late_s, now - due)
        time.sleep(max(due - now, 0))
        began = time.monotonic()
        identity = Identity(f"feed{mission.identity.platform}", mission.identity.mission, mission.identity.mode)
        named = replace(rows, attributes={**rows.attributes, "id": f"{identity.platform}-{identity.mission}"})
        draft = mission_draft.draft(named, identity, mission.sha256, tools.span, tools.basin_map)
        commit.commit_draft(draft, run.file_of(mission), tools.basin_map, tools.names)
        stored += _PROFILES
        if time.monotonic() - rebuilt_at > _REBUILD_EVERY_S:
            rebuilt_at = time.monotonic()
            extensions.mongo.db.derived_pending.delete_many({"_id": {"$regex": "^sections:"}})
            rebuild.rebuild(tools.basin_map, draw_at_once=False)
        busy_s += time.monotonic() - began
    sys.stdout.write(json.dumps({"profiles": stored, "busy_s": busy_s, "late_s": late_s}) + "\n")
    sys.stdout.flush()
    ended.wait()


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(float, sys.argv[4:]))  # type: ignore[arg-type]
