"""Times in the forms that files use, and time spans by year. All results are aware UTC."""

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
_REQUESTED = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

# Begin and end.
Span = tuple[datetime, datetime]

# Twice the longest form in real files; an endless text must not be searched.
_LONGEST = 64


def parsed(text: object) -> datetime | None:
    """The time in an attribute, or None: ISO 8601 in all forms of real files; without a zone it is UTC, never local.

    Forms: `2022-12-08T11:45:52Z`, nine decimals, `20100903T181710`, `2024-02-06T17:05Z`, `1970-1-1 0:0:0`.
    """
    value = str(text)
    match = _FORM.fullmatch(value) if len(value) <= _LONGEST else None
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
    """The time in a request parameter: `2022-12-08` or `2022-12-08T11:45:52Z`, without a zone UTC.

    With `whole_day` a bare date means its end. Raises ValueError, whose text describes the accepted forms.
    """
    if not isinstance(text, str) or not _REQUESTED.fullmatch(text):
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
    """The time of so many milliseconds since 1970, aware UTC, exact."""
    return _EPOCH + int(time_ms) * _MS


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MS


def seconds_by_year(start_at: datetime, end_at: datetime) -> dict[int, float]:
    """The seconds of a span in each UTC year it touches; midnight belongs to the new year.

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
    """Elapsed part of the UTC year, s: 0 for a future year, the whole of a past one."""
    return max((min(now, year_opens(year + 1)) - year_opens(year)).total_seconds(), 0.0)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The union of the spans as disjoint spans in order: spans that overlap or touch are joined."""
    union: list[Span] = []
    for start_at, end_at in sorted(spans):
        if union and start_at <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end_at))
        else:
            union.append((start_at, end_at))
    return union


def union_s(spans: Iterable[Span]) -> float:
    """Length of the union of the spans, s: overlaps count once."""
    return sum((end_at - start_at for start_at, end_at in merged(spans)), timedelta()).total_seconds()
