"""Former ids in the filters of requests: basins of other files, and platforms that an operator has renamed."""

from collections.abc import Mapping
from typing import Any

from app.store import basins, platform_aliases


def resolved(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of filters of missions with the present ids of a basin and of a platform in place of former ones."""
    present = {
        "basin": basins.canonical(values["basin"]) if "basin" in values else None,
        "platform": platform_aliases.current(values["platform"]) if "platform" in values else None,
    }
    return {**values, **{name: current for name, current in present.items() if current is not None}}


def platform(given: str | None) -> str | None:
    """The present id of the platform with this id or former id; the text itself if it is no former id."""
    return given and (platform_aliases.current(given.lower()) or given)
