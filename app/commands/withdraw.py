"""`halocline withdraw`: the plan, or the outcome in one line; the exit status."""

import sys

from app.commands import output
from app.config import Settings
from app.domain.audit import Actor
from app.ingest.corrections import mission_names, withdrawal
from app.ingest.interpret import identity
from app.ingest.verify import verification
from app.store import connection

# Like an import: a platform's sums are rebuilt at the end.
_STORE_TIMEOUT_MS = 60_000


def withdraw(settings: Settings, name: str, reason: str, actor: Actor, is_dry: bool) -> int:
    """Withdraw the mission, or print what would be hidden; 0.

    Raises NotFound, Conflict, Unavailable when the store is unreachable, and RunFailed when it refuses.
    """
    output.escape_unencodable()
    names = identity.platform_names(settings.platforms_file)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        if is_dry:
            sys.stdout.write(_plan(name))
            return 0
        outcome = withdrawal.withdraw(name, reason, actor, names, verification.basin_map())
    done = f"withdrawn {name}: {reason}" if outcome == "done" else f"unchanged {name} is withdrawn already"
    sys.stdout.write(f"{done}\n")
    return 0


def restore(settings: Settings, name: str, reason: str | None, actor: Actor) -> int:
    """Restore a withdrawn mission; 0. Raises like `withdraw`."""
    output.escape_unencodable()
    names = identity.platform_names(settings.platforms_file)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        outcome = withdrawal.restore(name, reason, actor, names, verification.basin_map())
    sys.stdout.write(f"restored  {name}\n" if outcome == "done" else f"unchanged {name} is not withdrawn\n")
    return 0


def _plan(name: str) -> str:
    stone = mission_names.tombstone(name)
    if stone is not None:
        return f"{name} is withdrawn since {stone.at:%Y-%m-%dT%H:%MZ}: {stone.reason}\n"
    mission = mission_names.stored(name)
    figures = mission.figures
    return (
        f"{name} {mission.data_mode}, {figures.start_at:%Y-%m-%dT%H:%MZ} to {figures.end_at:%Y-%m-%dT%H:%MZ}, "
        f"{figures.profiles} profiles, {figures.samples} samples would be hidden everywhere; its files are kept.\n"
        "Nothing was changed: --yes withdraws the mission.\n"
    )
