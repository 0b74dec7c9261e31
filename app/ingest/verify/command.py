"""`halocline verify`: a line for each difference and one that sums up, or JSON; the exit status."""

import io
import os
import sys

import orjson
import structlog
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from app import extensions
from app.config import Settings
from app.domain import printable
from app.errors import HaloclineError, Unavailable
from app.ingest.interpret import identity
from app.ingest.verify import repair as repairing
from app.ingest.verify import verification
from app.ingest.verify.verification import Result
from app.store import indexes, transactions, verifications

# A mission of a year is read at once; a visitor would not wait so long.
_STORE_TIMEOUT_MS = 60_000
# Whatever else runs on the machine goes first.
_NICENESS = 10
log = structlog.get_logger(__name__)


def verify(settings: Settings, mission: str | None, sections: bool, repair: bool, pace: float, as_json: bool) -> int:
    """Compares and says so: 0 when all is equal, 1 when something differs, also when it was repaired.

    The result of a verification of the whole store is noted. Raises NotFound, Unavailable when the store is away, and
    HaloclineError when it answers no.
    """
    os.nice(_NICENESS)
    names = identity.platform_names(settings.platforms_file) if repair else {}
    try:
        # Whether a server is there shows within the visitor's deadline.
        extensions.mongo.bind(settings)
        extensions.mongo.client.admin.command("ping")
        longer = max(settings.mongodb_timeout_ms, _STORE_TIMEOUT_MS)
        extensions.mongo.bind(settings.model_copy(update={"mongodb_timeout_ms": longer}))
        extensions.redis.bind(settings)
        indexes.ensure(extensions.mongo.db)
        result = _run(mission, sections, pace)
        if mission is None:
            verifications.note(result.counts)
        _say(result, as_json)
        if repair and result.differences:
            mended, failed = repairing.repair(result.differences, verification.basin_map(), names)
            text = f"{mended} of {len(result.differences)} differences can be rebuilt and were marked"
            sys.stderr.write(f"halocline: {text}{'; failed: ' + ', '.join(failed) if failed else ''}\n")
        return 1 if result.differences else 0
    except PyMongoError as error:
        if transactions.is_away(error):
            raise Unavailable("MongoDB") from error
        log.exception("store_refused")
        raise HaloclineError(f"MongoDB refuses: {printable.one_line(str(error))[:200]}") from error
    finally:
        extensions.mongo.close()
        extensions.redis.close()


def _run(mission: str | None, sections: bool, pace: float) -> Result:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed} missions"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Verifying", total=None)
        return verification.verify(mission, sections, pace, lambda count: bar.update(task, completed=count))


def _say(result: Result, as_json: bool) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal's encoding does not have must not end the run.
        sys.stdout.reconfigure(errors="backslashreplace")
    for difference in result.differences:
        text = orjson.dumps(difference.as_json()).decode() if as_json else difference.line()
        sys.stdout.write(f"{text}\n")
    said = verification.described(result.counts)
    sys.stdout.write(f"{orjson.dumps(said).decode() if as_json else _summary(said)}\n")
    sys.stdout.flush()


def _summary(said: dict[str, float]) -> str:
    count = said["differences"]
    waiting = f", {said['waiting']} scopes wait to be rebuilt" if said["waiting"] else ""
    return (
        f"{said['missions']} missions, {said['profiles']} profiles and {said['totals']} totals compared in "
        f"{said['seconds']:.1f} s{waiting}: {count or 'no'} difference{'' if count == 1 else 's'}"
    )
