"""Import of one source, as `halocline ingest` does it, and the rebuild of derived documents after all of them."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from app import extensions
from app.config import Settings
from app.domain.audit import Actor
from app.errors import RunFailed
from app.ingest import context, importer
from app.ingest.context import ImportContext
from app.ingest.interpret import identity
from app.ingest.interpret.identity import Options
from app.ingest.interpret.import_terms import USUAL, Terms
from app.ingest.remote import urls
from app.ingest.remote.http_download import FetchPolicy
from app.ingest.remote.local_copy import Input
from app.ingest.reports import Report
from app.ingest.sandbox.process import ReaderProcess
from app.store import connection, indexes, spool
from app.tasks import enqueue, upload_results
from app.tasks.attempts import STORE_TIMEOUT_MS, Busy, Call
from app.tasks.broker import Broker

# Refusals whose cause may pass; all others are a property of the file.
_TEMPORARY = frozenset({"fetch_failed", "changed_while_reading"})
# The outcome of a file with several missions is the first of these that one of them has.
_ORDER = ("refused", "stored", "replaced", "unchanged")

log = structlog.get_logger(__name__)


def import_source(
    call: Call,
    files: Sequence[dict[str, str]] = (),
    url: str | None = None,
    platform: str | None = None,
    mission: str | None = None,
    mode: str | None = None,
    shorter: bool = False,
    provider: str | None = None,
    reason: str | None = None,
    actor: dict[str, Any] | None = None,
    upload: str | None = None,
    dry_run: bool = False,
) -> str:
    """Import one file of the spool, with its companion, or one URL; its outcome. A dry run only reports it.

    An import is idempotent: a file that a lost worker has imported is `unchanged`, also if the spool has lost it.
    Raises RunFailed for a refusal whose cause may pass, unless no attempt at a URL follows; Busy while another worker
    downloads from the host; and what importers raise.
    """
    terms = Terms(None if actor is None else Actor(**actor), provider, shorter, reason)
    tools = _tools(call.settings, identity.options(platform, mission, mode), terms)
    tools = replace(tools, fetch_policy=locked(tools.fetch_policy, call.broker), is_trial=dry_run)
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        _ensure_indexes(call.settings)
        if upload is not None and not upload_results.begin(upload, files, dry_run, call.settings):
            return "unchanged"
        with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
            source: Input
            if url is None:
                try:
                    source, *_ = [spool.write(each["id"], each["name"], Path(folder)) for each in files]
                except LookupError:
                    # The lost worker may have stored the file and queued no rebuild.
                    enqueue.rebuild(call.app, call.broker)
                    return "unchanged"
            else:
                source = urls.parsed(url)
            reports = list(importer.imported([source], tools))
        passing = [each for each in reports if each.reason_code in _TEMPORARY]
        # After the last attempt, the file of the spool remains with the parked task.
        if passing and (files or not call.is_last):
            raise RunFailed(passing[0].reason or "refused")
        _log(reports)
        if upload is None or not upload_results.end(upload, reports, dry_run, call.settings):
            for each in files:
                spool.delete(each["id"])
    outcome = next(name for name in _ORDER if name in {each.outcome for each in reports})
    if dry_run:
        return "done"
    enqueue.rebuild(call.app, call.broker)
    return outcome


def rebuild(call: Call) -> str:
    """Rebuild every marked derived document, and collect retired versions. Raises NotRebuilt and pymongo's errors."""
    # Before the marks are read: an import that ends meanwhile queues the next rebuild.
    call.broker.rebuild_begins()
    tools = _tools(call.settings)
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        importer.derive(tools)
    return "done"


def locked(policy: FetchPolicy, broker: Broker) -> FetchPolicy:
    """The policy with one download at a time from each host, however many workers there are."""
    return replace(policy, host_lock=partial(_host_lock, broker))


@contextmanager
def _host_lock(broker: Broker, host: str) -> Iterator[None]:
    """The lock of a host for a download. Raises Busy during another one."""
    with broker.host(host) as is_free:
        if not is_free:
            raise Busy(f"another download from {host} is running")
        yield


def _tools(settings: Settings, options: Options | None = None, terms: Terms = USUAL) -> ImportContext:
    """The context of an import now: times are accepted up to now, and the operator's files are read again."""
    return replace(context.renewed(_first_tools(settings), settings, options or Options()), terms=terms)


@cache
def _first_tools(settings: Settings) -> ImportContext:
    """The context of the first task of this process. Another set of basins needs a restart of the worker."""
    reader = _KeptReader(settings.reader_timeout_s, settings.reader_memory_bytes, settings.log_level)
    return context.import_context(settings, Options(), reader=reader)


class _KeptReader(ReaderProcess):
    """A reader process that remains between the tasks of a worker: its start takes half a second."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the process running. It ends with the worker, whose end closes its input."""


@cache
def _ensure_indexes(_settings: Settings) -> None:
    """Create missing indexes, once in a process."""
    indexes.ensure(extensions.mongo.db)


def _log(reports: Sequence[Report]) -> None:
    for report in reports:
        name = report.mission and f"{report.mission['platform']}/{report.mission['mission']}"
        log.info("file_imported", outcome=report.outcome, mission=name, reason=report.reason)
