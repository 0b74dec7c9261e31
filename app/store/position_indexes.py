"""Indexes of the collections of reported positions: see `indexes`."""

from pymongo import ASCENDING, DESCENDING, IndexModel

# Longer than any pause between two imports of a platform at sea: after it, the data are the last position again.
RETENTION_S = 60 * 86_400
# A webhook is valid for five minutes before and after its time, so a copy of it can be received for ten minutes. The
# server looks for expired documents once a minute.
WEBHOOKS_RETENTION_S = 11 * 60

INDEXES: dict[str, list[IndexModel]] = {
    "newest_positions": [IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=RETENTION_S)],
    "reported_positions": [
        IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=RETENTION_S),
        IndexModel([("platform", ASCENDING), ("at", DESCENDING)], name="platform_newest"),
    ],
    "webhooks": [IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=WEBHOOKS_RETENTION_S)],
}
