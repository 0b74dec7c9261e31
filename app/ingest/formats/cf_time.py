"""Times counted since a reference, by the CF conventions: units of UDUNITS, calendars by cftime.

Source: CF Conventions 1.11, section 4.4. The calendar `standard`, which is the default, is Julian before 15 October
1582: a count since the year 1 is two days off if it is read with Python's calendar.
"""

import re

import cftime
import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import units as known_units
from app.ingest.formats.observations import NO_TIME, Ints
from app.ingest.refusals import Refused

_COUNTED = re.compile(r"\s*(?P<unit>.{1,60}?)\s+(?P<word>since|after|from|ref)\s+(?P<reference>.{1,100})", re.I | re.S)
# `1970-01-01T00:00:00.0Z`, `1970-1-1 0:0`, `19700101 00:00 UTC`, `1970-01-01 00:00:00 +2:00`, `1970-01-01 0 -0:00`.
_REFERENCE = re.compile(
    r"""(?P<year>[+-]?\d{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})
    (?:(?:[T_]|\s+|\s*T\s*)(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}(?:[.,]\d*)?))?)?)?
    \s*(?P<zone>Z|UTC?|GMT|UT1|[+-]?\d{1,2}(?::?\d{2})?)?""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(?=\D|$)", re.ASCII)
# The calendars in which a count since a reference is real time; the others have days that never were.
_CALENDARS = {name: name for name in ("standard", "proleptic_gregorian", "julian")} | dict.fromkeys(
    ("", "gregorian"), "standard"
)
# A month or a year has no fixed length: UDUNITS defines a mean one, which no writer means.
_NOT_FIXED = re.compile(r"(common_|calendar_)?(months?|mon|years?|yrs?|yr|a)", re.IGNORECASE)
_DAY_MS = 86_400_000
# The day number of 1970-01-01 in the count of cftime.
_EPOCH_DAY = 2_440_588
# Year 1 to 9999: values outside are undeclared fill values.
_EARLIEST_MS, _LATEST_MS = -62_135_596_800_000, 253_402_300_799_000
# Rounding noise of a double, below a microsecond, is removed; then the value is truncated: 0.9999 s is 0.999 s.
_NOISE_MS = 0.0005


def counts_time(units: object) -> bool:
    """True if the units count time since a reference."""
    match = _COUNTED.fullmatch(" ".join(str(units).split())) if units else None
    # The other words of UDUNITS are usual in descriptions: "m from the surface".
    return bool(match and (match["word"].lower() == "since" or known_units.factor(match["unit"], "time")))


def counted_ms(values: NDArray[np.float64], units: str, calendar: str, name: str) -> Ints:
    """Values counted in `units` as milliseconds since 1970 UTC, NO_TIME where missing. Raises Refused."""
    text = " ".join(units.split())
    match = _COUNTED.fullmatch(text)
    if match is None:
        raise Refused("no_time", f"units {text[:60]!r} do not state since when time is counted", name)
    scale = known_units.factor(match["unit"], "time")
    if scale is None:
        why = "has no fixed length" if _NOT_FIXED.fullmatch(match["unit"]) else "is not a unit of time"
        raise Refused("no_time", f"units {text[:60]!r}: {match['unit'][:20]!r} {why}", name)
    epoch_ms = _epoch_ms(match["reference"].strip(), calendar.strip().lower(), text, name)
    with np.errstate(over="ignore"):
        counted = values * scale
    finite = np.abs(counted[np.isfinite(counted)])
    noise_ms = max(_NOISE_MS, 2 * float(np.spacing(np.median(finite)))) if finite.size else _NOISE_MS
    with np.errstate(over="ignore", invalid="ignore"):
        ms = np.floor(counted + epoch_ms + noise_ms)
        inside = np.isfinite(ms) & (ms >= _EARLIEST_MS) & (ms <= _LATEST_MS)
    return np.where(inside, np.where(inside, ms, 0).astype(np.int64), NO_TIME)


def _epoch_ms(reference: str, calendar: str, units: str, name: str) -> float:
    """The reference as milliseconds since 1970 UTC. Raises Refused."""
    if calendar not in _CALENDARS:
        raise Refused("no_time", f"calendar {calendar[:40]!r} is not supported: it has no real days", name)
    match = _REFERENCE.fullmatch(_COMPACT.sub(_separated, reference, count=1))
    if match is None:
        raise Refused("no_time", f"units {units[:60]!r}: {reference[:40]!r} is not a date", name)
    hour, minute = int(match["hour"] or 0), int(match["minute"] or 0)
    second = float((match["second"] or "0").replace(",", "."))
    try:
        date = cftime.datetime(
            int(match["year"]), int(match["month"]), int(match["day"]), calendar=_CALENDARS[calendar]
        )
        day = int(date.toordinal())
        zone_min = _zone_min(match["zone"])
        if hour > 24 or minute > 59 or second >= 61:
            raise ValueError("no time of day")
    except (ValueError, OverflowError) as error:
        raise Refused("no_time", f"units {units[:60]!r}: {reference[:40]!r} is not a date: {error}", name) from None
    return float((day - _EPOCH_DAY) * _DAY_MS) + (hour * 60 + minute - zone_min) * 60_000 + second * 1000


def _separated(match: re.Match[str]) -> str:
    year, month, day, hour, minute, second = match.groups()
    return f"{year}-{month}-{day}" + (f"T{hour}:{minute}:{second or '00'}" if hour else "")


def _zone_min(zone: str | None) -> int:
    """Minutes east of Greenwich. Raises ValueError."""
    if zone is None or zone[0].isalpha():
        return 0
    hours, _, minutes = zone.lstrip("+-").partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    if int(hours) > 18 or int(minutes or 0) > 59:
        raise ValueError("no time zone")
    return (int(hours) * 60 + int(minutes or 0)) * (-1 if zone.startswith("-") else 1)
