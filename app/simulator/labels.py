"""What simulated missions are called and say of themselves, so that nobody takes them for real ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.records import Kind
from app.ingest.interpret.identity import Identity, PlatformName

# A mission of a few thousand profiles is as long as real ones; the merge of a profile reads the others of its mission.
MISSION = timedelta(hours=12)


def mission_at(moment: datetime) -> datetime:
    """The start of the simulated missions that go on at a moment."""
    return moment - (moment - datetime(1970, 1, 1, tzinfo=UTC)) % MISSION


def stamp(mission: datetime) -> str:
    """The mission's name in addresses."""
    return f"{mission:%Y%m%dT%H%M}"


def identity(platform: str, mission: datetime) -> Identity:
    """The mission as the store knows it."""
    return Identity(platform, stamp(mission), "R")


def label(platform: str, name: str, model: str, kind: Kind) -> PlatformName:
    """What people call a simulated platform."""
    return PlatformName(platform.upper(), f"Simulated {name}", model, "Halocline simulator", kind)


def attributes(label: PlatformName, platform: str, mission: datetime, sea: str) -> dict[str, Any]:
    """What a file of a simulated mission would say of itself."""
    return {
        "id": f"{platform}-{stamp(mission)}",
        "title": f"{label.name} in the {sea}",
        "summary": "Made up by Halocline's simulator to show a portal at work. Nothing here was measured.",
        "project": "Simulation",
        "institution": label.operator,
        "license": "Free to use for any purpose. These are not observations.",
        "platform_name": label.name,
        "platform_type": label.model,
        "simulated": "true",
    }
