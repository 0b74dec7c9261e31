"""Times as files write them, and how a span divides into years. All results are aware UTC."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

_FORM = re.compile(
    r"""\s*(?P<date>\d{4}-?\d{1,2}-?\d{1,2})
    (?:[T\s]?\s*(?P<time>\d{2}(?:\d{2}(?:\d{2})?)?|\d{1,2}:\d{1,2}(?::\d{1,2})?)(?:[.,](?P<fraction>\d{1,12}))?)?
    \s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|(\d{2})(\d{2}))", re.ASCII)
_PAIRS = re.compile(r"\d{1,2}", re.ASCII)
_ASKED = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

# Begin and end.
Span = tuple[datetime, datetime]

# Twice the longest form seen; a text without an end must not be searched.
_LONGEST = 64


def parsed(text: object) -> datetime | None:
    """The moment that an attribute names, or None: ISO 8601 in all seen forms, without a zone it is UTC, never local.

    Seen: `2022-12-08T11:45:52Z`, nine decimals, `20100903T181710`, `2024-02-06T17:05Z`, `1970-1-1 0:0:0`.
    """
    said = str(text)
    match = _FORM.fullmatch(said) if len(said) <= _LONGEST else None
    date = _DATE.fullmatch(match["date"]) if match else None
    if match is None or date is None:
        return None
    month, day = date[2] or date[4], date[3] or date[5]
    hour, minute, second = (*map(int, _PAIRS.findall(match["time"] or "")), 0, 0, 0)[:3]
    try:
        moment = datetime(
            int(date[1]),
            int(month),
            int(day),
            hour,
            minute,
            second,
            int((match["fraction"] or "0").ljust(6, "0")[:6]),
            _zone(match["zone"]),
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day_or_moment(text: object, whole_day: bool = False) -> datetime:
    """The moment that somebody asks for: `2022-12-08` or `2022-12-08T11:45:52Z`, without a zone UTC.

    With `whole_day` a bare date means its end. Raises ValueError, whose text says what would be right.
    """
    if not isinstance(text, str) or not _ASKED.fullmatch(text):
        raise ValueError("must be a date such as 2022-12-08 or a time such as 2022-12-08T11:45:52Z")
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment + timedelta(days=1) if whole_day and len(text) == len("2022-12-08") else moment
    except (ValueError, OverflowError) as error:
        raise ValueError("names a time that does not exist") from error


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def from_ms(time_ms: int) -> datetime:
    """The moment so many milliseconds after 1970, aware UTC, exact."""
    return _EPOCH + timedelta(milliseconds=int(time_ms))


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MS


def seconds_by_year(start_at: datetime, end_at: datetime) -> dict[int, float]:
    """The seconds of a span in each UTC year it touches; the turn of the year belongs to the new one.

    A mission from 2023-12-30T12:00Z to 2024-01-02T12:00Z gives 129 600 s to both years.
    """
    shares: dict[int, float] = {}
    for year in range(start_at.year, end_at.year + 1):
        opens = datetime(year, 1, 1, tzinfo=UTC)
        closes = datetime(year + 1, 1, 1, tzinfo=UTC) if year < 9999 else end_at
        shares[year] = max((min(end_at, closes) - max(start_at, opens)).total_seconds(), 0.0)
    return shares


def year_opens(year: int) -> datetime:
    """Midnight UTC at which the year begins."""
    return datetime(year, 1, 1, tzinfo=UTC)


def elapsed_s(year: int, now: datetime) -> float:
    """How much of the UTC year has gone by, s: nothing of a year to come, the whole of one that is over."""
    return max((min(now, year_opens(year + 1)) - year_opens(year)).total_seconds(), 0.0)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in the fewest spans, in their order: those that overlap or touch are one."""
    found: list[Span] = []
    for start_at, end_at in sorted(spans):
        if found and start_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_at))
        else:
            found.append((start_at, end_at))
    return found


def union_s(spans: Iterable[Span]) -> float:
    """How long at least one of these spans lasts, s; what overlaps counts once."""
    return sum((end_at - start_at for start_at, end_at in merged(spans)), timedelta()).total_seconds()
