"""The last position of a mission or of a platform."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LastPosition:
    """The last accepted position of a mission: the mean position of its last profile, or its last fix.

    The last position of a platform may be a reported one instead (`is_reported`), which no file contains.
    """

    at: datetime
    lon_deg: float
    lat_deg: float
    accuracy_m: float | None = None
    is_reported: bool = False
