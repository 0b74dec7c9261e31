"""`halocline ingest`: a progress bar and one line a file, or one JSON object a line; the exit status."""

import io
import sys
from collections.abc import Iterator, Sequence

import orjson
import structlog
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import extensions
from app.config import Settings
from app.domain import printable
from app.errors import HaloclineError, Unavailable
from app.ingest import context, importer
from app.ingest.interpret.identity import Options
from app.ingest.remote.local_copy import Given
from app.ingest.reports import Report
from app.store import indexes, transactions

# An import writes megabytes and waits for a majority: what a visitor may wait is too short for it.
_STORE_TIMEOUT_MS = 60_000

log = structlog.get_logger(__name__)


def run(paths: Sequence[Given], settings: Settings, options: Options, dry_run: bool, as_json: bool) -> int:
    """Takes the files in and says so; 1 when one was refused, 2 when the folders hold no data file, else 0.

    Raises Unavailable when the store is away, before or in the middle: run again, it goes on. Raises HaloclineError
    when the store answers no, as to a wrong password.
    """
    tools = context.import_context(settings, options)
    files = importer.files_of(paths)
    if not files:
        sys.stderr.write(f"halocline: no data file in {', '.join(map(str, paths))}\n")
        return 2
    if dry_run:
        return _said(importer.dry(files, tools), len(files), as_json)
    try:
        # Whether a server is there shows within the visitor's deadline; what it then does may take longer.
        extensions.mongo.bind(settings)
        extensions.mongo.client.admin.command("ping")
        extensions.mongo.bind(
            settings.model_copy(update={"mongodb_timeout_ms": max(settings.mongodb_timeout_ms, _STORE_TIMEOUT_MS)})
        )
        extensions.redis.bind(settings)
        indexes.ensure(extensions.mongo.db)
        return _said(importer.real(files, tools), len(files), as_json)
    except PyMongoError as error:
        if transactions.is_away(error):
            raise Unavailable("MongoDB") from error
        log.exception("store_refused")
        raise HaloclineError(f"MongoDB refuses: {printable.one_line(str(error))[:200]}") from error
    finally:
        extensions.mongo.close()
        extensions.redis.close()


def _said(reports: Iterator[Report], count: int, as_json: bool) -> int:
    refused = False
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal's encoding does not have must not end the run.
        sys.stdout.reconfigure(errors="backslashreplace")
    shown = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=shown, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Taking in", total=count)
        for report in reports:
            refused = refused or report.outcome == "refused"
            text = orjson.dumps(report.as_json()).decode() if as_json else report.line()
            sys.stdout.write(f"{text}\n")
            # Whoever reads a pipe wants to know now.
            sys.stdout.flush()
            bar.advance(task)
    return 1 if refused else 0
