"""Faults of the stored data and records, as changes of the database from the importer's pod."""

import contextlib
import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.e2e.cluster.cluster import Lab, kubectl

if TYPE_CHECKING:
    from tests.e2e.cluster.faults import Effect

_OPEN = """
import datetime, os, pymongo, sys
db = pymongo.MongoClient(open(os.environ["MONGODB_URI_FILE"]).read(), tz_aware=True)["halocline"]
now = datetime.datetime.now(datetime.UTC)
"""
# The document and the field of each record's time.
_RECORDS = {
    "backup": ("backups", "backup", "at"),
    "restore_test": ("backups", "restore_test", "at"),
    "verification": ("counters", "verification", "ended_at"),
}
_SET_TIME = """
collection, name, field, age_s = sys.argv[1:]
at = now - datetime.timedelta(seconds=float(age_s))
print(db[collection].update_one({"_id": name}, {"$set": {field: at}}).matched_count)
"""
_LATE = """
at = now - datetime.timedelta(seconds=float(sys.argv[1]))
print(db.platforms.update_many({}, {"$set": {"last_seen_at": at}}).matched_count)
"""
_PARK = """
entry = {"_id": "sections:drill/drill", "number": 0, "at": now, "parked": {"at": now, "cause": "a drill"}}
db.derived_pending.replace_one({"_id": entry["_id"]}, entry, upsert=True)
print(1)
"""
_UNPARK = """
print(db.derived_pending.delete_one({"_id": "sections:drill/drill"}).deleted_count)
"""
_COUNT_ONE_MORE = """
print(db.platforms.update_one({}, {"$inc": {"profiles": 1}}).modified_count)
"""


def _run(lab: Lab, code: str, *arguments: str) -> int:
    """The number of changed documents that code for the database prints; at least one."""
    changed = int(lab.python("deployment/ingest", _OPEN + code, *arguments))
    assert changed, code
    return changed


def old(record: str, age: datetime.timedelta) -> "Effect":
    """An effect: the last run of a kind ended so long ago."""

    @contextlib.contextmanager
    def aged(lab: Lab) -> Iterator[None]:
        _run(lab, _SET_TIME, *_RECORDS[record], str(age.total_seconds()))
        yield
        _run(lab, _SET_TIME, *_RECORDS[record], "0")

    return aged


def late(age: datetime.timedelta) -> "Effect":
    """An effect: the newest data of each platform are that old, and all of them are active."""

    @contextlib.contextmanager
    def silent(lab: Lab) -> Iterator[None]:
        assert _run(lab, _LATE, str(age.total_seconds())) > 1
        yield
        verify("--repair")

    return silent


@contextlib.contextmanager
def parked(lab: Lab) -> Iterator[None]:
    """A rebuild is parked with a cause."""
    _run(lab, _PARK)
    yield
    _run(lab, _UNPARK)


@contextlib.contextmanager
def different(lab: Lab) -> Iterator[None]:
    """A platform counts a profile that does not exist, and a verification finds it."""
    _run(lab, _COUNT_ONE_MORE)
    verify()
    yield
    verify("--repair")
    verify()


def verify(*options: str) -> None:
    """Verify the store; its exit status is 1 if there are differences."""
    kubectl("exec", "deployment/ingest", "--", "halocline", "verify", *options, timeout_s=300, check=False)
