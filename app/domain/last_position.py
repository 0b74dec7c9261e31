"""The last position of a mission."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LastPosition:
    """The last accepted position of a mission: the mean position of its last profile, or its last fix."""

    at: datetime
    lon_deg: float
    lat_deg: float
