"""Metrics of uploads, in the registry of `metrics`."""

from prometheus_client import Counter, Gauge

from app.telemetry.metrics import registry

uploads = Counter(
    "halocline_uploads",
    "Uploads by outcome: stored in the spool, or imported from a dry run (received), requested before with the same "
    "content (repeated), refused (refused), "
    "ended by the client or too slow (broken), not stored (failed).",
    ["outcome"],
    registry=registry,
)
upload_bytes = Counter("halocline_upload_bytes", "Bytes of all files that were received.", registry=registry)
uploads_in_progress = Gauge(
    "halocline_uploads_in_progress",
    "Files that are being received.",
    multiprocess_mode="livesum",
    registry=registry,
)
uploads_not_queued = Counter(
    "halocline_uploads_not_queued",
    "Uploads that were stored while the broker of the queue was unreachable: the task `recover` queues them later.",
    registry=registry,
)

OUTCOMES = ("received", "repeated", "refused", "broken", "failed")
# Every series exists from the start at 0.
for _outcome in OUTCOMES:
    uploads.labels(_outcome)
