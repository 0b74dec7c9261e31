"""`halocline metrics`: the metrics process, with its reads of the store."""

from datetime import UTC, datetime, timedelta

from app import extensions
from app.config import Settings
from app.store import (
    backup_records,
    counters,
    parked_tasks,
    platforms,
    rebuild_queue,
    reporting,
    schedule_runs,
    task_counts,
    verifications,
)
from app.tasks import broker
from app.telemetry import logs, metrics_server, queue_metrics, store_metrics


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsError without a directory of metric files."""
    logs.configure(settings.log_level)
    extensions.mongo.bind(settings)
    window = timedelta(hours=settings.active_window_h)
    # Outside production, simulated platforms are the only ones that are at sea.
    has_simulated = settings.environment != "production"
    reads = store_metrics.StoreReads(
        imports=counters.imports,
        profiles=counters.profiles,
        last_data=lambda: platforms.last_data(datetime.now(UTC) - window, store_metrics.MOST_PLATFORMS, has_simulated),
        reporting=lambda: reporting.platforms_by_state(datetime.now(UTC), has_simulated),
        waiting=rebuild_queue.oldest,
        parked=rebuild_queue.parked_count,
        verified=verifications.ended,
        backups=backup_records.last,
        queue=_queue_reads(settings),
    )
    metrics_server.serve(settings, reads)


def _queue_reads(settings: Settings) -> queue_metrics.QueueReads:
    """The reads of the queue; none without a broker."""
    if settings.redis_broker_url is None:
        return queue_metrics.QueueReads()
    queue = broker.Broker(settings)
    return queue_metrics.QueueReads(
        counts=task_counts.all_counts,
        parked=parked_tasks.count,
        schedule=schedule_runs.times,
        state=lambda: broker.state_or_none(queue),
    )
