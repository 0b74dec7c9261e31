"""Why a mission or a platform is not stored: it never was, an operator withdrew it, or it has another id now."""

from collections.abc import Sequence

from app.domain.withdrawals import Withdrawal
from app.errors import Gone, HaloclineError, Moved, NotFound, PublicPlatform, WithdrawnMission
from app.store import platform_aliases, platforms, withdrawals

# The decades of a platform have fewer.
_MOST_LISTED = 100


def of_mission(platform: str, mission: str) -> HaloclineError:
    """The error for a mission that is not stored: Gone with the reason of a withdrawal, Moved, or NotFound."""
    stone = withdrawals.find(platform.lower(), mission)
    if stone is not None:
        owner = platforms.named([stone.platform]).get(stone.platform)
        shown = None if owner is None else PublicPlatform(owner.serial, owner.display_name)
        # The platform may have another label since the withdrawal.
        name = stone.platform_name if shown is None else shown.name
        return Gone(f"Mission {name} {stone.mission_name} {stone.event}", platform=shown)
    return _moved(platform) or NotFound(f"There is no mission {mission} of {platform}.")


def of_platform(name: str) -> HaloclineError:
    """The error for a platform without a stored mission that has this id or label.

    Gone with the reasons if its missions were withdrawn, Moved if it has another id now, else NotFound.
    """
    key = name.lower()
    if stones := withdrawals.of_platform(key):
        return _gone(stones)
    if (moved := _moved(key)) is not None:
        return moved
    stones = withdrawals.of_label(key)
    labelled = platforms.named(sorted({stone.platform for stone in stones})) if stones else {}
    # The label of a platform with other missions may have changed since one was withdrawn.
    present = next(iter(labelled), None) or platform_aliases.of_label(key)
    # A platform that has this label as its id, and lost its only mission by a merge, is not found by another address.
    if present is not None and present != key:
        return Moved(present)
    return _gone(stones) if stones else NotFound(f"There is no platform {name}.")


def _gone(stones: Sequence[Withdrawal]) -> Gone:
    latest_first = sorted(stones, key=lambda stone: stone.at, reverse=True)
    last = latest_first[0]
    subject = f"The only mission of {last.platform_name}, {last.mission_name},"
    if len(stones) > 1:
        count = len(stones)
        subject = f"All {count} missions of {last.platform_name} were withdrawn; the last one, {last.mission_name},"
    return Gone(f"{subject} {last.event}", [_listed(each) for each in latest_first[:_MOST_LISTED]])


def _listed(stone: Withdrawal) -> WithdrawnMission:
    name = f"{stone.platform_name} {stone.mission_name}"
    return WithdrawnMission(stone.platform, stone.mission, stone.operator_number, name, stone.at, stone.reason)


def _moved(platform: str) -> Moved | None:
    present = platform_aliases.current(platform.lower())
    return Moved(present) if present is not None else None
