"""Names of missions in the ids of files and datasets, such as `sea076-20230714T1057_delayed`."""

import re

from app.domain import times

_ID = re.compile(
    r"(?P<platform>.+?)[-_](?P<stamp>\d{8}(?:T\d{4}(?:\d{2})?)?)Z?(?:[-_](?P<mode>[A-Z]+(?:[-_][A-Z]+)*))?",
    re.IGNORECASE | re.ASCII,
)
# A platform's 80 characters, the stamp and the mode; a longer text is no id.
_LONGEST_ID = 200


def parsed(text: str) -> re.Match[str] | None:
    """The match with `platform`, `stamp` and `mode` of an id whose stamp is an existing date; None for other texts."""
    text = text.strip()
    match = _ID.fullmatch(text) if len(text) <= _LONGEST_ID else None
    return match if match and times.parsed(match["stamp"].upper()) else None


def mission_of(dataset: str) -> str | None:
    """The `platform/mission` that the id of a dataset names, None when it names none."""
    match = parsed(dataset)
    return f"{match['platform'].lower()}/{match['stamp'].upper()}" if match else None
