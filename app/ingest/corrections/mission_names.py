"""The mission that an operator names, with clear errors for one that cannot be corrected."""

from app.domain.records import Mission
from app.domain.withdrawals import Withdrawal
from app.errors import Conflict, NotFound
from app.store import missions, platform_aliases, withdrawals


def parted(name: str) -> tuple[str, str]:
    """Platform and mission of `platform/mission`."""
    platform, _, mission = name.partition("/")
    return platform, mission


def stored(name: str) -> Mission:
    """The stored mission. Raises NotFound, and Conflict if it is withdrawn or simulated."""
    platform, mission = parted(name)
    record = missions.find(platform, mission)
    if record is None:
        if withdrawals.find(platform, mission) is not None:
            raise Conflict(f"{name} is withdrawn: restore it first")
        present = platform_aliases.current(platform)
        hint = "" if present is None else f": the platform is {present} now"
        raise NotFound(f"there is no mission {name}{hint}")
    if record.simulated:
        raise Conflict(f"{name} is simulated: such missions are removed by themselves")
    return record


def tombstone(name: str) -> Withdrawal | None:
    """The tombstone of the mission; None if it is not withdrawn."""
    return withdrawals.find(*parted(name))
