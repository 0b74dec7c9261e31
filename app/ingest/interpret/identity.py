"""Who and what a file is about: platform, mission and data mode, and the names an operator gives to platforms."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from app.domain import times
from app.domain.records import MODE_RANK, DataMode, Kind
from app.errors import Invalid
from app.ingest.refusals import Refused
from app.ingest.sources.observations import Observations

_ID = re.compile(
    r"(?P<platform>.+?)[-_](?P<stamp>\d{8}(?:T\d{4}(?:\d{2})?)?)Z?(?:[-_](?P<mode>[A-Z]+(?:[-_][A-Z]+)*))?",
    re.IGNORECASE | re.ASCII,
)
# What can stand in an address without being escaped.
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
# A platform's 80 characters, the stamp and the mode; what is longer names nothing.
_LONGEST_ID = 200
_SUFFIXES: dict[str, DataMode] = {
    "r": "R", "rt": "R", "nrt": "R", "realtime": "R", "real-time": "R", "real_time": "R",
    "p": "P", "provisional": "P", "recovered": "P",
    "a": "A", "adjusted": "A",
    "d": "D", "dm": "D", "delayed": "D", "delayed-mode": "D", "delayed_mode": "D",
}  # fmt: skip
_MODES: dict[str, DataMode] = {"R": "R", "P": "P", "A": "A", "D": "D"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about all files of a run; it beats what a file says."""

    platform: str | None = None
    mission: str | None = None
    mode: DataMode | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The mission a file belongs to, and the mode of what it brings."""

    platform: str
    mission: str
    mode: DataMode


@dataclass(frozen=True, slots=True)
class PlatformName:
    """What people call a platform; None where nobody said."""

    serial: str | None = None
    name: str | None = None
    model: str | None = None
    operator: str | None = None
    kind: Kind | None = None


def options(platform: str | None, mission: str | None, mode: str | None) -> Options:
    """The caller's words, checked. Raises Invalid."""
    for field, value in (("platform", platform), ("mission", mission)):
        if value is not None and not _TOKEN.fullmatch(value):
            raise Invalid(field, "use letters, digits, dot, dash and underscore, 80 at most")
    if mode is not None and mode.upper() not in _MODES:
        raise Invalid("mode", "use one of R, P, A, D")
    return Options(platform.lower() if platform else None, mission, _MODES[mode.upper()] if mode else None)


def identified(observations: Observations, options: Options) -> Identity:
    """Who the file is about. Raises Refused when neither file nor caller says so.

    The id, the trajectory and the title are asked in this order; a stamp with a time of day beats a mere date.
    """
    attributes, texts = observations.attributes, observations.texts
    named = [attributes.get("id"), texts.get("trajectory"), attributes.get("title"), attributes.get("dataset_id")]
    found = [match for text in named if isinstance(text, str) and (match := _named_by(text))]
    best = next((match for match in found if "T" in match["stamp"].upper()), found[0] if found else None)
    mission = options.mission or (best["stamp"].upper() if best else None)
    if mission is None:
        raise Refused("no_mission", "neither id nor trajectory names a mission: name it with --mission", "id")
    platform = options.platform or (best["platform"] if best else _platform_text(observations))
    if platform is None:
        raise Refused("no_platform", "neither id nor trajectory names a platform: name it with --platform", "id")
    platform = re.sub(r"\s+", "_", platform.strip().lower())
    if not _TOKEN.fullmatch(platform):
        raise Refused("bad_identity", f"{platform[:80]!r} cannot be a platform's address", "id")
    same = [match["mode"] for match in found if best and match["stamp"].upper() == best["stamp"].upper()]
    suffix = (best["mode"] if best else None) or next(filter(None, same), None)
    return Identity(platform, mission, options.mode or _mode(observations, suffix))


def mission_named_by(dataset: str) -> str | None:
    """The `platform/mission` that a dataset's id names, None when it names none."""
    match = _named_by(dataset)
    return f"{match['platform'].lower()}/{match['stamp'].upper()}" if match else None


def _named_by(text: str) -> re.Match[str] | None:
    """The parts of an id whose stamp is a date that was, None for any other text."""
    text = text.strip()
    match = _ID.fullmatch(text) if len(text) <= _LONGEST_ID else None
    return match if match and times.parsed(match["stamp"].upper()) else None


def _platform_text(observations: Observations) -> str | None:
    texts, attributes = observations.texts, observations.attributes
    said = (texts.get("platform_serial_number"), attributes.get("platform_serial"), attributes.get("platform_id"))
    return next((text for text in said if isinstance(text, str) and text.strip()), None)


def _mode(observations: Observations, suffix: str | None) -> DataMode:
    declared = str(observations.attributes.get("data_mode") or observations.texts.get("data_mode") or "").strip()
    mode = _MODES.get(declared[:1].upper()) if declared else None
    if mode is None:
        # VOTO's datasets are called nrt_SEA077_M17 and delayed_SEA077_M17.
        prefix = str(observations.attributes.get("dataset_id") or "").partition("_")[0]
        mode = _SUFFIXES.get((suffix or (prefix if len(prefix) > 1 else "")).lower(), "R")
    adjusted = any(column.about.name.endswith("_adjusted") for column in observations.columns)
    # Adjusted values say more than an attribute that nobody changed.
    return "A" if adjusted and MODE_RANK[mode] < MODE_RANK["A"] else mode


def platform_names(path: Path | None) -> dict[str, PlatformName]:
    """The operator's names by platform, else ours. Raises Invalid when the operator's file cannot be read as such."""
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
    return PlatformName(**{key: value if isinstance(value, str) else str(value) for key, value in table.items()})  # type: ignore[arg-type]
