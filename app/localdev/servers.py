"""Start and stop the embedded servers of a folder."""

from collections.abc import Callable
from pathlib import Path

from app.config import Settings
from app.localdev import mongod, pidfiles, valkey

# Last started first.
NAMES = ("broker", "redis", "mongodb")


def start(home: Path, settings: Settings, report: Callable[[str], None]) -> dict[str, str]:
    """Start the servers that the settings do not name; their addresses by setting. Raises LocalDevError.

    `report` is called with the name of each server before it starts.
    """
    addresses = {}
    if "mongodb_uri" not in settings.model_fields_set:
        report("MongoDB")
        addresses["MONGODB_URI"] = mongod.start(home)
    if "redis_url" not in settings.model_fields_set:
        report("Redis (Valkey)")
        addresses["REDIS_URL"] = valkey.start(home)
    if settings.redis_broker_url is None:
        report("Queue (Valkey)")
        addresses["REDIS_BROKER_URL"] = valkey.start_broker(home)
    return addresses


def stop(home: Path) -> list[str]:
    """Names of the servers of `home` that ran and are stopped now, last started first."""
    return [name for name in NAMES if pidfiles.stop(home / f"{name}.pid")]
