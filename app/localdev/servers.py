"""Stop the embedded servers of a folder."""

from pathlib import Path

from app.localdev import pidfiles

# Last started first.
NAMES = ("broker", "redis", "mongodb")


def stop(home: Path) -> list[str]:
    """Names of the servers of `home` that ran and are stopped now, last started first."""
    return [name for name in NAMES if pidfiles.stop(home / f"{name}.pid")]
