"""`halocline ingest`: a progress bar and one line a file, or one JSON object a line; the exit status."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pymongo
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import extensions
from app.commands import output
from app.config import Settings
from app.domain.printable import one_line
from app.ingest import context, importer
from app.ingest.interpret.identity import Options
from app.ingest.interpret.import_terms import USUAL, Terms
from app.ingest.remote.local_copy import Input
from app.ingest.reports import Report
from app.store import connection, indexes

# An import writes megabytes and waits for a majority: the deadline of a page request is too short.
_STORE_TIMEOUT_MS = 60_000
# A new index or validator waits for all open transactions; MongoDB ends those of a killed importer after 60 to 90 s.
_INDEXES_TIMEOUT_S = 120
# A folder may hold thousands of raw files beside the data.
_MOST_SKIPPED = 20


def run(
    paths: Sequence[Input],
    settings: Settings,
    options: Options,
    dry_run: bool,
    as_json: bool,
    terms: Terms = USUAL,
) -> int:
    """Import the files and print each outcome; 1 when one was refused, 2 without any data file, else 0.

    Raises Unavailable when the store is unreachable, at the start or later, and RunFailed when it refuses, for
    example a wrong password, or has no space; a repeated run continues.
    """
    tools = replace(context.import_context(settings, options), terms=terms)
    selection = importer.selected(paths)
    files = selection.files
    _name_skipped(selection.skipped)
    if not files:
        sys.stderr.write(f"halocline: no data file in {', '.join(map(str, paths))}\n")
        return 2
    if dry_run:
        return _print(importer.dry(files, tools), len(files), as_json)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        with pymongo.timeout(_INDEXES_TIMEOUT_S):
            indexes.ensure(extensions.mongo.db)
        return _print(importer.real(files, tools), len(files), as_json)


def _name_skipped(skipped: Sequence[tuple[Path, str]]) -> None:
    """Name the files in folders that are not imported; on standard error, because standard output is for programs."""
    for path, reason in skipped[:_MOST_SKIPPED]:
        sys.stderr.write(f"halocline: skipped {one_line(str(path))}: {one_line(reason)}\n")
    if len(skipped) > _MOST_SKIPPED:
        sys.stderr.write(f"halocline: skipped {len(skipped) - _MOST_SKIPPED} more files without data\n")


def _print(reports: Iterator[Report], count: int, as_json: bool) -> int:
    has_refusal = False
    output.escape_unencodable()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Importing", total=count)
        for report in reports:
            has_refusal = has_refusal or report.outcome == "refused"
            text = orjson.dumps(report.as_json()).decode() if as_json else report.line()
            sys.stdout.write(f"{text}\n")
            # A reader at the other end of a pipe gets each line at once.
            sys.stdout.flush()
            bar.advance(task)
    return 1 if has_refusal else 0
