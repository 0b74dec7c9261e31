"""The sections and the T-S diagram of a mission."""

from app.domain.plot_style import Scale
from app.domain.records import Mission
from app.domain.sections import Cloud, Section, Theme
from app.errors import NotFound
from app.store import sections


def of(mission: Mission) -> list[Section]:
    """The sections without cells, most interesting variable first; empty until they are derived after an import."""
    return sections.listed(mission.platform, mission.mission)


def find(mission: Mission, variable: str) -> Section:
    """The section of a variable with its cells. Raises NotFound."""
    section = sections.find(mission.platform, mission.mission, variable)
    if section is None:
        raise _missing(mission, variable)
    return section


def picture(mission: Mission, variable: str, theme: Theme, scale: Scale = 1) -> bytes:
    """The section of a variable as PNG. Raises NotFound."""
    png = sections.picture(mission.platform, mission.mission, variable, theme, scale)
    if png is None:
        raise _missing(mission, variable)
    return png


def cloud(mission: Mission) -> Cloud:
    """The points of the mission's T-S diagram. Raises NotFound."""
    points = sections.cloud(mission.platform, mission.mission)
    if points is None:
        raise _no_pairs(mission)
    return points


def cloud_figures(mission: Mission) -> Cloud | None:
    """The T-S diagram without its points; None if the mission has none."""
    return sections.cloud_figures(mission.platform, mission.mission)


def cloud_picture(mission: Mission, theme: Theme, scale: Scale = 1) -> bytes:
    """The mission's T-S diagram as PNG. Raises NotFound."""
    png = sections.cloud_picture(mission.platform, mission.mission, theme, scale)
    if png is None:
        raise _no_pairs(mission)
    return png


def _missing(mission: Mission, variable: str) -> NotFound:
    return NotFound(f"Mission {mission.mission} of {mission.platform} has no section of {variable[:80]}.")


def _no_pairs(mission: Mission) -> NotFound:
    return NotFound(
        f"Mission {mission.mission} of {mission.platform} has no samples with both salinity and temperature."
    )
