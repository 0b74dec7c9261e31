"""Where simulated vessels are: on rings around a place, pushed about by the current. No state: the time says it all."""

import math

# Currents turn with the earth, once in 14 h in the Baltic.
_DRIFT_M, _DRIFT_PERIOD_S = 700.0, 14.2 * 3600
_M_PER_DEG = 111_195.0


def ring(
    lon_deg: float, lat_deg: float, at_s: float, speed_m_s: float, radius_m: float, phase: float = 0.0
) -> tuple[float, float]:
    """The position, degrees, of a vessel that goes round that place at that speed through the water."""
    turn = at_s * speed_m_s / radius_m + lat_deg + phase
    drift = -2 * math.pi * at_s / _DRIFT_PERIOD_S
    east_m = radius_m * math.cos(turn) + _DRIFT_M * math.cos(drift)
    north_m = radius_m * math.sin(turn) + _DRIFT_M * math.sin(drift)
    return lon_deg + east_m / _M_PER_DEG / math.cos(math.radians(lat_deg)), lat_deg + north_m / _M_PER_DEG
