"""Positions of simulated vessels: rings around a point plus a drift by the current, as functions of time alone."""

import math

# Inertial currents rotate once in about 14 h at the latitude of the Baltic.
_DRIFT_M, _DRIFT_PERIOD_S = 700.0, 14.2 * 3600
_M_PER_DEG = 111_195.0


def ring(
    lon_deg: float, lat_deg: float, at_s: float, speed_m_s: float, radius_m: float, phase: float = 0.0
) -> tuple[float, float]:
    """The position, degrees, of a vessel that circles that point at that speed through the water."""
    turn = at_s * speed_m_s / radius_m + lat_deg + phase
    drift = -2 * math.pi * at_s / _DRIFT_PERIOD_S
    east_m = radius_m * math.cos(turn) + _DRIFT_M * math.cos(drift)
    north_m = radius_m * math.sin(turn) + _DRIFT_M * math.sin(drift)
    return lon_deg + east_m / _M_PER_DEG / math.cos(math.radians(lat_deg)), lat_deg + north_m / _M_PER_DEG
