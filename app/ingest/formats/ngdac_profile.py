"""The IOOS National Glider Data Assembly Center's files: one profile each, named by scalars beside its rows."""

from dataclasses import replace

import numpy as np

from app.ingest.formats import time_series
from app.ingest.formats.netcdf import NetCdf
from app.ingest.formats.observations import Coordinates, Observations
from app.ingest.refusals import Refused


def matches(file: NetCdf) -> bool:
    """True if the profile's number and time are scalars."""
    return all(name in file.variables and _is_scalar(file, name) for name in ("profile_id", "profile_time"))


def read(file: NetCdf, coordinates: Coordinates) -> Observations:
    """The rows of the profile. Raises Refused when its number is not valid."""
    observations = time_series.read(file, coordinates)
    number = float(np.ravel(file.floats("profile_id"))[0])
    # Up to 2^53 a float holds every whole number; beyond it, two profiles could share one number.
    if not (1 <= number < 2**53 and number == int(number)):
        raise Refused("not_profiles", "a profile's number is a whole number from 1 to 2^53", "profile_id")
    return replace(
        observations,
        format="NGDAC profile",
        scope="profiles",
        number=np.full(observations.time_ms.size, number),
        names={**observations.names, "number": "profile_id"},
    )


def _is_scalar(file: NetCdf, name: str) -> bool:
    return file.is_number(name) and int(np.prod(file.variables[name].shape or (1,))) == 1
