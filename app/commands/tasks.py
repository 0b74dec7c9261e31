"""`halocline tasks` and `halocline ingest --enqueue`: one line or JSON object for each task; the exit status."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pymongo
from redis import RedisError

from app import extensions
from app.commands import output
from app.config import Settings, SettingsError
from app.domain.printable import one_line
from app.errors import NotFound, Unavailable
from app.ingest import importer
from app.ingest.interpret.identity import Options
from app.ingest.interpret.import_terms import Terms
from app.ingest.refusals import Refused
from app.ingest.remote.local_copy import Input, name_of
from app.ingest.remote.urls import parsed
from app.ingest.reports import Report
from app.store import connection, indexes, parked_tasks, schedule_runs, spool
from app.store.parked_tasks import ParkedTask
from app.tasks import enqueue, kinds, publication, queue, schedule
from app.tasks.attempts import META, Slot
from app.tasks.broker import QUEUES, Broker
from app.tasks.enqueue import ImportOptions, SpoolLimits

# A file is written in blocks: the deadline of a page request is too short.
_STORE_TIMEOUT_MS = 60_000
_INDEXES_TIMEOUT_S = 120
# More are found by --json and jq.
_MOST = 1000


def enqueued(paths: Sequence[Input], settings: Settings, options: Options, terms: Terms, as_json: bool) -> int:
    """Queue the import of each file, and print the ids of the tasks.

    1 if a file is too large or cannot be read, 2 without any data file, else 0.
    """
    app = queue.celery_app(settings)
    selection = importer.selected(paths)
    has_refusal = False
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        with pymongo.timeout(_INDEXES_TIMEOUT_S):
            indexes.ensure(extensions.mongo.db)
        limits = SpoolLimits.of(settings)
        for source, result in enqueue.sources(app, selection.files, ImportOptions.of(options, terms), limits):
            if isinstance(result, Refused):
                has_refusal = True
                report = Report(str(source), "refused", result.line(name_of(source)), result.code)
                _print(report.as_json(), report.line(), as_json)
            else:
                fields = {"path": str(source), "outcome": "queued", "task": result}
                _print(fields, f"{'queued':<9} {one_line(name_of(source))}: {result}", as_json)
    if not selection.files:
        sys.stderr.write(f"halocline: no data file in {', '.join(map(str, paths))}\n")
        return 2
    return 1 if has_refusal else 0


def parked(settings: Settings, as_json: bool) -> int:
    """Print the parked tasks; 1 if there are any, else 0."""
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        found = parked_tasks.newest(_MOST)
    for each in found:
        fields = {"id": each.id, "task": each.task, "of": _subject(each), "at": each.at, "cause": each.cause}
        _print(fields, f"{each.id} {each.at:%Y-%m-%dT%H:%MZ} {each.task} {_subject(each)}: {each.cause}", as_json)
    return 1 if found else 0


def retry(settings: Settings, ids: Sequence[str]) -> int:
    """Queue these parked tasks again, or all without ids; 0. Raises NotFound for an id that is not parked."""
    app = queue.celery_app(settings)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        for each in _chosen(ids):
            kind = kinds.BY_NAME[each.task]
            # Queued first: a task that is queued twice has one effect, one that is lost has none.
            queue.send(app, kind.name, kind.queue, each.arguments, each.id)
            parked_tasks.remove(each.id)
            sys.stdout.write(f"queued    {each.id} {each.task} {_subject(each)}\n")
        publication.announce()
    return 0


def discard(settings: Settings, ids: Sequence[str]) -> int:
    """Delete these parked tasks, or all without ids; 0. Raises NotFound for an id that is not parked."""
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        for each in _chosen(ids):
            for file in each.arguments.get("files", ()):
                spool.delete(file["id"])
            parked_tasks.remove(each.id)
            sys.stdout.write(f"discarded {each.id} {each.task} {_subject(each)}\n")
        publication.announce()
    return 0


def state(settings: Settings, as_json: bool) -> int:
    """Print the number of waiting tasks in each queue, and the age of the oldest; 0. Raises Unavailable."""
    if settings.redis_broker_url is None:
        raise SettingsError("REDIS_BROKER_URL: is not set, so there is no queue")
    broker = Broker(settings)
    try:
        now = broker.state()
    except RedisError as error:
        raise Unavailable("the broker of the queue (REDIS_BROKER_URL)") from error
    finally:
        broker.close()
    for name in QUEUES:
        fields = {"queue": name, "depth": now.depth[name], "oldest_age_s": round(now.oldest_age_s[name], 1)}
        fields["running"] = now.running
        _print(fields, f"{name:<12} {fields['depth']:>6} waiting, the oldest for {fields['oldest_age_s']} s", as_json)
    return 0


def queue_entry(settings: Settings, name: str) -> int:
    """Queue an entry of the schedule now, beside its slots; 0. Raises NotFound for an unknown entry."""
    entries = schedule.entries(settings)
    if name not in entries:
        raise NotFound(f"no entry {name} in the schedule; use {', '.join(entries)}")
    entry, now = entries[name], datetime.now(UTC)
    slot = Slot(name, now, entry.slot(now).next_at)
    kind, task_id = kinds.BY_NAME[entry.task], schedule_runs.key(name, now)
    arguments = {**entry.arguments, META: {"slot": slot.packed()}}
    queue.send(queue.celery_app(settings), kind.name, kind.queue, arguments, task_id)
    sys.stdout.write(f"queued    {task_id}\n")
    return 0


def print_schedule(settings: Settings) -> None:
    """Print the entries of the schedule with their times. Raises SettingsError for an invalid one."""
    for entry in schedule.entries(settings).values():
        sys.stdout.write(f"{entry.name:<24} {entry.task:<12} {entry.timing.described()}\n")


def _chosen(ids: Sequence[str]) -> list[ParkedTask]:
    if not ids:
        return parked_tasks.newest(_MOST)
    found = {task_id: parked_tasks.find(task_id) for task_id in ids}
    if missing := [task_id for task_id, each in found.items() if each is None]:
        raise NotFound(f"no parked task {missing[0]}")
    return [each for each in found.values() if each is not None]


def _subject(task: ParkedTask) -> str:
    """What the task is about: the name of its file, or its URL without secrets."""
    if task.arguments.get("url"):
        return parsed(task.arguments["url"]).shown
    return one_line(", ".join(file["name"] for file in task.arguments.get("files", ())) or "-")


def _print(fields: dict[str, Any], line: str, as_json: bool) -> None:
    sys.stdout.write(f"{orjson.dumps(fields, option=orjson.OPT_UTC_Z).decode() if as_json else line}\n")
    sys.stdout.flush()
