"""Leases: one holder of a name at a time, and the next one after LEASE_S without a renewal. The clock is MongoDB's.

They need no right to remove documents: the account for backups has none.
"""

from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

# A run renews its lease four times as often (`app/tasks/lease.py`). Longer than an election, shorter than the wait for
# the message of a lost worker.
LEASE_S = 60
_RELEASED = datetime(1970, 1, 1, tzinfo=UTC)


def take(db: Database[dict[str, Any]], collection: str, name: str, holder: str) -> bool:
    """Take or renew the lease until LEASE_S from now; False while another holder has it.

    `db`: the portal's database, to which a restore test has no other connection.
    """
    lease = f"lease:{name}"
    until = [{"$set": {"holder": holder, "until": {"$add": ["$$NOW", LEASE_S * 1000]}}}]
    try:
        db[collection].update_one({"_id": lease, "holder": holder}, until, upsert=True)
    except DuplicateKeyError:
        expired = {"_id": lease, "$expr": {"$lt": ["$until", "$$NOW"]}}
        return db[collection].update_one(expired, until).matched_count == 1
    return True


def release(db: Database[dict[str, Any]], collection: str, name: str, holder: str) -> None:
    """End the lease of this holder; does nothing to that of another one."""
    db[collection].update_one({"_id": f"lease:{name}", "holder": holder}, {"$set": {"until": _RELEASED}})
