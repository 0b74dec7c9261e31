"""Values formatted for people: times in UTC, units, thin non-breaking spaces, significant digits only."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from flask import Flask

from app.domain import mission_number, sections
from app.domain.last_position import LastPosition
from app.domain.records import MODE_NAMES, Bbox, Figures, Mission, Platform, Update
from app.domain.sections import variable_label

# U+202F, NARROW NO-BREAK SPACE.
THIN = "\u202f"
_KILO = 1000.0
_DAY_S = 86_400.0
# https://www.w3.org/TR/xml/#charsets
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_NAME_PART = re.compile("[^-_./]*[-_./]+|[^-_./]+")


def install(app: Flask) -> None:
    """Register the functions as filters of the templates."""
    filters = (
        number,
        distance,
        depth,
        duration,
        sea_days,
        utc,
        iso,
        mode_name,
        byte_size,
        box,
        display_name,
        span,
        day,
        share,
        hundredths,
        unit,
        mission_name,
        name_parts,
        owner_name,
        variable_label,
        minutes,
        decimals,
        rfc822,
    )
    for function in (*filters, xml_text):
        app.jinja_env.filters[function.__name__] = function


def number(value: float, digits: int = 0) -> str:
    """`12 345.6`: thousands with a thin space."""
    return f"{value:,.{digits}f}".replace(",", THIN)


def distance(distance_m: float | None) -> str:
    """A length: in metres below 1 km, with one decimal below 1 000 km, in whole kilometres above; or `unknown`."""
    if distance_m is None:
        return "unknown"
    if distance_m < _KILO:
        return f"{number(distance_m)}{THIN}m"
    return f"{number(distance_m / _KILO, 1 if distance_m < 1000 * _KILO else 0)}{THIN}km"


def depth(depth_m: float | None) -> str:
    """A depth in whole metres; a dash if unknown."""
    return "–" if depth_m is None else f"{number(depth_m)}{THIN}m"


def duration(duration_s: float) -> str:
    """A time span: minutes below an hour; hours below a day and days above, with one decimal."""
    if duration_s >= _DAY_S:
        return f"{number(duration_s / _DAY_S, 1)}{THIN}days"
    if duration_s >= 3600:
        return f"{number(duration_s / 3600, 1)}{THIN}hours"
    return f"{number(duration_s / 60)}{THIN}min"


def sea_days(duration_s: float) -> str:
    """Days with one decimal, for columns that are compared; `< 0.1` for a short time that would round to 0.0."""
    days = duration_s / _DAY_S
    return "< 0.1" if 0 < days < 0.05 else number(days, 1)


def share(percent: float) -> str:
    """A percentage with one decimal, `45.2 %`; `< 0.1 %` for a small one that would round to 0.0."""
    return f"< 0.1{THIN}%" if 0 < percent < 0.05 else f"{number(percent, 1)}{THIN}%"


def hundredths(value: float) -> str:
    """A small number with two decimals; `< 0.01` for one that would round to 0.00."""
    return "< 0.01" if 0 < value < 0.005 else number(value, 2)


def utc(at: datetime) -> str:
    """`2022-12-16 15:45 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(at: datetime) -> str:
    """`16 Dec 2022`, a UTC day."""
    return f"{at.astimezone(UTC).day} {_MONTHS[at.astimezone(UTC).month - 1]} {at.astimezone(UTC).year}"


def iso(at: datetime) -> str:
    """ISO 8601 in UTC, for `<time datetime>`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def rfc822(at: datetime) -> str:
    """`Fri, 16 Dec 2022 15:45:24 GMT`, the date format of RSS."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def xml_text(text: str) -> str:
    """The text with characters that XML forbids replaced; the template escapes the others."""
    return _NO_XML.sub("\ufffd", text)


def span(figures: Figures) -> str:
    """The first to the last day with data: `8 to 16 Dec 2022`."""
    start, end = figures.start_at.astimezone(UTC), figures.end_at.astimezone(UTC)
    if start.date() == end.date():
        return day(start)
    if start.year != end.year:
        return f"{day(start)} to {day(end)}"
    first = str(start.day) if start.month == end.month else f"{start.day} {_MONTHS[start.month - 1]}"
    return f"{first} to {day(end)}"


def mode_name(data_mode: str) -> str:
    """The name of a data mode."""
    return MODE_NAMES.get(data_mode, data_mode)


def byte_size(size_bytes: int) -> str:
    """A file's size in bytes, kB, MB or GB."""
    if size_bytes < 1000:
        return f"{size_bytes}{THIN}bytes"
    if size_bytes < 1_000_000:
        return f"{number(size_bytes / 1000, 1)}{THIN}kB"
    if size_bytes < 1_000_000_000:
        return f"{number(size_bytes / 1_000_000, 1)}{THIN}MB"
    return f"{number(size_bytes / 1_000_000_000, 1)}{THIN}GB"


def box(bbox: Bbox | None) -> str:
    """The corners of a box: `55.2429° N to 55.5892° N, 15.9810° E to 16.3691° E`."""
    if bbox is None:
        return "no valid position"
    west, south, east, north = bbox
    lats = f"{_degrees(south, 'N', 'S')} to {_degrees(north, 'N', 'S')}"
    return f"{lats}, {_degrees(west, 'E', 'W')} to {_degrees(east, 'E', 'W')}"


def unit(text: str | None) -> str:
    """A unit for display, without places for a line break: `mmol m⁻³`, `°C`; empty for none."""
    return sections.unit_shown(text).replace(" ", "\u00a0")


def mission_name(record: Mission | Update) -> str:
    """The name of a mission as plain text: `M17 20221208T1145`, or the stamp alone without an operator's number."""
    return mission_number.named(record.mission, record.operator_number)


def name_parts(file_name: str) -> list[str]:
    """The parts of a file name between which a line may break: each but the last one ends in `_`, `-`, `.` or `/`."""
    return _NAME_PART.findall(file_name)


def owner_name(record: Mission | Update, platforms: Mapping[str, Platform]) -> str:
    """The display name of the platform of a mission or an update; its id if the platform is unknown.

    All missions of the platform of a withdrawal may be withdrawn: the update has its name.
    """
    owner = platforms.get(record.platform)
    if owner is not None:
        return owner.display_name
    return (record.platform_name if isinstance(record, Update) else None) or record.platform


def minutes(position: LastPosition) -> str:
    """A position in degrees and decimal minutes: `55° 24.123′ N, 16° 12.456′ E`. A thousandth of a minute is 1.9 m."""
    return f"{_minutes(position.lat_deg, 'N', 'S')}, {_minutes(position.lon_deg, 'E', 'W')}"


def decimals(position: LastPosition) -> str:
    """A position in decimal degrees, latitude first: `55.40205, 16.20760`, as maps and plotters read it."""
    return f"{position.lat_deg:.5f}, {position.lon_deg:.5f}"


def display_name(platform: Platform | None, otherwise: str = "") -> str:
    """The display name of a platform: `SEA077 Smilla`, else its serial; `otherwise` if the platform is unknown."""
    return otherwise if platform is None else platform.display_name


def elapsed(duration_h: float) -> str:
    """A number of hours as text: `24 hours`."""
    hours = timedelta(hours=duration_h) / timedelta(hours=1)
    return f"{hours:g} hours" if hours != 1 else "hour"


def _minutes(value: float, positive: str, negative: str) -> str:
    # Rounded before the division, so that no text has 60.000 minutes.
    degrees, thousandths = divmod(round(abs(value) * 60_000), 60_000)
    return f"{degrees}°{THIN}{thousandths / 1000:06.3f}′{THIN}{positive if value >= 0 else negative}"


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.4f}°{THIN}{positive if value >= 0 else negative}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
