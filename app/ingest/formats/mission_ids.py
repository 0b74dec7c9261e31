"""Names of missions in the ids of files and datasets, such as `sea076-20230714T1057_delayed`."""

import re
from dataclasses import dataclass

from app.domain import times

_STAMP = r"\d{8}(?:T\d{4}(?:\d{2})?)?"
_ID = re.compile(
    rf"(?P<platform>.+?)[-_](?P<stamp>{_STAMP})Z?(?:[-_](?P<suffix>[A-Z]+(?:[-_][A-Z]+)*))?",
    re.IGNORECASE | re.ASCII,
)
# The names of files of Australia's IMOS: facility, kinds of data, start, platform, version, product, end.
# Source: IMOS NetCDF File Naming Convention 1.5.
_IMOS = re.compile(
    rf"IMOS_[A-Z-]+_[A-Z]+_(?P<stamp>{_STAMP})Z_(?P<platform>[A-Z0-9-]+)_FV0(?P<level>\d)(?:_.*)?",
    re.IGNORECASE | re.ASCII,
)
_ANY_STAMP = re.compile(rf"(?<!\d){_STAMP}(?!\d)", re.IGNORECASE | re.ASCII)
# A platform's 80 characters, the stamp and the suffix; a longer text is no id.
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class MissionId:
    """The parts of an id. `platform` is as written, `stamp` in upper case; `suffix` are the words behind it."""

    platform: str
    stamp: str
    suffix: str | None

    @property
    def has_time(self) -> bool:
        """True if the stamp has a time of day."""
        return "T" in self.stamp

    def agrees(self, other: "MissionId") -> bool:
        """True if both name one mission: stamps with and without seconds, or time of day, are the same stamp."""
        return platform_key(self.platform) == platform_key(other.platform) and same_stamp(self.stamp, other.stamp)


def parsed(text: str) -> MissionId | None:
    """The parts of an id whose stamp is an existing date; None for other texts, and for two stamps of unclear roles."""
    text = text.strip()
    if len(text) > _LONGEST_ID:
        return None
    if match := _IMOS.fullmatch(text):
        # Version 0 is the raw data of real time; later ones are under quality control after the recovery.
        suffix = "realtime" if match["level"] == "0" else "delayed"
        return MissionId(match["platform"], match["stamp"].upper(), suffix) if times.parsed(match["stamp"]) else None
    match = _ID.fullmatch(text)
    if match is None or times.parsed(match["stamp"].upper()) is None:
        return None
    if any(times.parsed(other.upper()) for other in _ANY_STAMP.findall(match["platform"])):
        return None
    return MissionId(match["platform"], match["stamp"].upper(), match["suffix"])


def mission_of(dataset: str) -> str | None:
    """The `platform/mission` that the id of a dataset names, None when it names none."""
    named = parsed(dataset)
    return f"{named.platform.lower()}/{named.stamp}" if named else None


def platform_key(platform: str) -> str:
    """The platform in the form in which two spellings are compared."""
    return re.sub(r"[\s_-]+", "_", platform.strip().lower())


def same_stamp(one: str, other: str) -> bool:
    """True if one stamp is the other with more digits: `20230906T0852` and `20230906T085259`."""
    return one.startswith(other) or other.startswith(one)
