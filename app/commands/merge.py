"""`halocline merge`: the plan, or one line a file; the exit status."""

import sys
from dataclasses import replace
from itertools import chain

from app.commands import output
from app.config import Settings
from app.domain.audit import Actor
from app.ingest import context, merge
from app.ingest.interpret.identity import Options
from app.ingest.interpret.import_terms import Terms
from app.ingest.merge import Plan
from app.ingest.refusals import Refused
from app.store import connection

# Like an import.
_STORE_TIMEOUT_MS = 60_000


def run(settings: Settings, source: str, target: str, apply: bool, actor: Actor) -> int:
    """Print the plan, or with `apply` merge the missions: 0 if they are merged, 1 if not.

    Raises NotFound, Invalid, Unavailable when the store is unreachable, and RunFailed when it refuses.
    """
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        merging = merge.plan(source, target)
        if not apply:
            sys.stdout.write(_described(merging))
            return 0
        tools = replace(context.import_context(settings, Options()), terms=Terms(actor))
        try:
            for report in merge.merge(merging, tools):
                sys.stdout.write(f"{report.line()}\n")
        except Refused as refusal:
            sys.stdout.write(f"refused   {refusal.line(merging.source.id)}\n")
            return 1
        sys.stdout.write(f"merged    {merging.source.id} into {merging.target.id}\n")
        return 0


def _described(merging: Plan) -> str:
    missions = ((name, getattr(merging, name)) for name in ("source", "target"))
    lines = (
        f"{name}: {mission.id} {mission.data_mode}, {mission.figures.start_at:%Y-%m-%dT%H:%MZ} to "
        f"{mission.figures.end_at:%Y-%m-%dT%H:%MZ}, {mission.figures.profiles} profiles"
        for name, mission in missions
    )
    steps = (
        f"{len(merging.digests)} files of the source would be imported as {merging.target.id}, and the source removed.",
        "Nothing was changed: --apply merges the missions.",
    )
    return "".join(f"{line}\n" for line in chain(lines, steps))
