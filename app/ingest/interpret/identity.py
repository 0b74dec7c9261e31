"""The identity of a file (platform, mission, data mode), and the names that an operator gives to platforms."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from app.domain.records import MODE_RANK, DataMode, Kind
from app.errors import Invalid
from app.ingest.formats import mission_ids
from app.ingest.formats.mission_ids import MissionId
from app.ingest.formats.observations import Observations
from app.ingest.refusals import Refused

# Characters that need no escaping in a URL.
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_SUFFIXES: dict[str, DataMode] = {
    "r": "R", "rt": "R", "nrt": "R", "realtime": "R", "real-time": "R",
    "p": "P", "provisional": "P", "recovered": "P",
    "a": "A", "adjusted": "A",
    "d": "D", "dm": "D", "delayed": "D", "delayed-mode": "D",
}  # fmt: skip
_MODES: dict[str, DataMode] = {"R": "R", "P": "P", "A": "A", "D": "D"}
_INTERVAL = "reporting_interval"
_SPAN = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)\s*(min|h|d)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days"}
# A platform is silent after twelve intervals, and must be before its mission is treated as ended.
_LEAST_INTERVAL, _MOST_INTERVAL = timedelta(minutes=1), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Options:
    """The caller's identity for all files of a run; it overrides that of each file."""

    platform: str | None = None
    mission: str | None = None
    mode: DataMode | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The mission that a file belongs to, and the mode of its data."""

    platform: str
    mission: str
    mode: DataMode


@dataclass(frozen=True, slots=True)
class PlatformName:
    """The names of a platform for people, and how often it reports; None where unknown."""

    serial: str | None = None
    name: str | None = None
    model: str | None = None
    operator: str | None = None
    kind: Kind | None = None
    # The only provider that may import data of the platform; None for any.
    provider: str | None = None
    reporting_interval: timedelta | None = None


def options(platform: str | None, mission: str | None, mode: str | None) -> Options:
    """The options of the caller, validated. Raises Invalid."""
    for field, value in (("platform", platform), ("mission", mission)):
        if value is not None and not _TOKEN.fullmatch(value):
            raise Invalid(field, "use letters, digits, dot, dash and underscore, 80 at most")
    if mode is not None and mode.upper() not in _MODES:
        raise Invalid("mode", "use one of R, P, A, D")
    return Options(platform.lower() if platform else None, mission, _MODES[mode.upper()] if mode else None)


def identified(observations: Observations, options: Options) -> Identity:
    """The identity of the file. Raises Refused when neither the file nor the caller names it.

    The mission that most of id, trajectory, title and dataset name is the file's; a stamp with a time of day is
    preferred to a date. Without a majority, the first one counts; of a single profile, whose id may name the profile,
    the trajectory.
    """
    named = _named_missions(observations)
    best = _agreed([each for each in named if each.has_time] or named)
    mission = options.mission or (best.stamp if best else None)
    if mission is None:
        raise Refused("no_mission", "neither id nor trajectory names a mission: name it with --mission", "id")
    platform = options.platform or (best.platform if best else _platform_text(observations))
    if platform is None:
        raise Refused("no_platform", "neither id nor trajectory names a platform: name it with --platform", "id")
    platform = re.sub(r"\s+", "_", platform.strip().lower())
    if not _TOKEN.fullmatch(platform):
        raise Refused("bad_identity", f"{platform[:80]!r} is not a valid platform id in a URL", "id")
    suffixes = [each.suffix for each in named if best and each.suffix and each.stamp == best.stamp]
    suffix = (best.suffix if best else None) or next(iter(suffixes), None)
    return Identity(platform, mission, options.mode or _mode(observations, suffix))


def _named_missions(observations: Observations) -> list[MissionId]:
    """The missions that the texts of the file name, best first."""
    attributes, trajectory = observations.attributes, observations.texts.get("trajectory")
    names = [attributes.get("id"), trajectory, attributes.get("title"), attributes.get("dataset_id")]
    # The columns of Halocline's export of several missions. In NetCDF, `platform` is a category in words.
    if " " not in str(attributes.get("platform")):
        names.append(f"{attributes.get('platform')}_{attributes.get('mission')}")
    if observations.scope == "profiles":
        names.insert(0, names.pop(1))
    return [named for text in names if isinstance(text, str) and (named := mission_ids.parsed(text))]


def _agreed(named: Sequence[MissionId]) -> MissionId | None:
    """The first one of the largest group that agrees; None without any."""
    votes = [sum(each.agrees(other) for other in named) for each in named]
    return named[votes.index(max(votes))] if named else None


def _mode_of(suffix: str) -> DataMode | None:
    """The mode in the words behind a stamp: the last words of `profile-sci-delayed`, or a long word anywhere."""
    words = re.split(r"[-_]", suffix.lower())
    ends = ("-".join(words[i:]) for i in range(len(words)))
    # A letter alone is a mode only at the end.
    anywhere = (word for word in words if len(word) > 1)
    return next((_SUFFIXES[text] for text in (*ends, *anywhere) if text in _SUFFIXES), None)


def _platform_text(observations: Observations) -> str | None:
    texts, attributes = observations.texts, observations.attributes
    candidates = (texts.get("platform_serial_number"), attributes.get("platform_serial"), attributes.get("platform_id"))
    return next((text for text in candidates if isinstance(text, str) and text.strip()), None)


def _mode(observations: Observations, suffix: str | None) -> DataMode:
    declared = str(observations.attributes.get("data_mode") or observations.texts.get("data_mode") or "").strip()
    mode = _MODES.get(declared[:1].upper()) if declared else None
    if mode is None:
        # VOTO's datasets are called nrt_SEA077_M17 and delayed_SEA077_M17.
        prefix = str(observations.attributes.get("dataset_id") or "").partition("_")[0]
        of_prefix = _SUFFIXES.get(prefix.lower()) if len(prefix) > 1 else None
        mode = (_mode_of(suffix) if suffix else None) or of_prefix or "R"
    adjusted = any(column.about.name.endswith("_adjusted") for column in observations.columns)
    # Adjusted values are stronger evidence than an attribute, which is often not updated.
    return "A" if adjusted and MODE_RANK[mode] < MODE_RANK["A"] else mode


def platform_names(path: Path | None) -> dict[str, PlatformName]:
    """The names by platform from the operator's file, or from the built-in one. Raises Invalid for an invalid file."""
    if path is None:
        text = files("app.ingest").joinpath("data/platforms.toml").read_text(encoding="utf-8")
    else:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise Invalid("HALOCLINE_PLATFORMS_FILE", f"cannot read {path}: {error.strerror}") from error
    try:
        tables = tomllib.loads(text)
        return {token.lower(): _named(table) for token, table in tables.items()}
    except (tomllib.TOMLDecodeError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise Invalid("HALOCLINE_PLATFORMS_FILE", f"not a table of platforms: {error}") from error


def _named(table: Mapping[str, Any]) -> PlatformName:
    texts: dict[str, Any] = {key: value if isinstance(value, str) else str(value) for key, value in table.items()}
    if _INTERVAL in texts:
        texts[_INTERVAL] = _interval(texts[_INTERVAL])
    return PlatformName(**texts)


def _interval(text: str) -> timedelta:
    """The time span of `90 min`, `6 h` or `2 d`. Raises TypeError."""
    match = _SPAN.fullmatch(text)
    span = timedelta(**{_UNITS[match[2]]: float(match[1])}) if match else timedelta()
    if not _LEAST_INTERVAL <= span <= _MOST_INTERVAL:
        raise TypeError(f"reporting_interval {text!r} is not a time from 1 min to 24 h, such as 90 min or 6 h")
    return span
