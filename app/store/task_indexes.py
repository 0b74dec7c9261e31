"""The collections of the queue and its schedule, with their indexes."""

from pymongo import ASCENDING, DESCENDING, IndexModel

# A restore test runs each week: a quarter of a year shows whether its duration grows.
RUNS_RETENTION_S = 90 * 86_400
# After the end of its import, the status of an upload is of use to its client for days; the import log keeps more.
UPLOADS_RETENTION_S = 30 * 86_400

INDEXES: dict[str, list[IndexModel]] = {
    "spool.files": [
        # Those that API keys have sent.
        IndexModel(
            [("key_id", ASCENDING), ("kept_until", ASCENDING)],
            name="key",
            partialFilterExpression={"key_id": {"$exists": True}},
        )
    ],
    "spool.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="file", unique=True)],
    "uploads": [
        IndexModel([("state", ASCENDING), ("received_at", ASCENDING), ("_id", ASCENDING)], name="state_oldest"),
        IndexModel([("ended_at", ASCENDING)], name="expiry", expireAfterSeconds=UPLOADS_RETENTION_S),
    ],
    "parked_tasks": [IndexModel([("at", DESCENDING)], name="newest")],
    "schedule_runs": [
        IndexModel([("entry", ASCENDING), ("ended_at", DESCENDING)], name="last_ended"),
        IndexModel([("slot_at", ASCENDING)], name="expiry", expireAfterSeconds=RUNS_RETENTION_S),
    ],
    "watched_files": [],
    "pulled_datasets": [],
}
