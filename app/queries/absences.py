"""Why a mission or a platform is not stored: it never was, an operator withdrew it, or it has another id now."""

from app.errors import Gone, HaloclineError, Moved, NotFound
from app.store import platform_aliases, withdrawals


def of_mission(platform: str, mission: str) -> HaloclineError:
    """The error for a mission that is not stored: Gone with the reason of a withdrawal, Moved, or NotFound."""
    stone = withdrawals.find(platform.lower(), mission)
    if stone is not None:
        day = f"{stone.at.day} {stone.at:%B %Y}"
        return Gone(f"Mission {stone.mission} of {stone.platform} was withdrawn on {day}: {stone.reason}")
    return _moved(platform) or NotFound(f"There is no mission {mission} of {platform}.")


def of_platform(platform: str) -> HaloclineError:
    """The error for a platform that is not stored: Moved if it has another id now, else NotFound."""
    return _moved(platform) or NotFound(f"There is no platform {platform}.")


def _moved(platform: str) -> Moved | None:
    present = platform_aliases.current(platform.lower())
    return Moved(present) if present is not None else None
