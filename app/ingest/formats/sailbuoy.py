"""Sailbuoys: positions in `<buoy>nav.csv`, measurements in `<buoy>pld.csv` beside it, both growing for years.

A payload row joins the fix nearest in time, at most ten minutes away. Without such a fix, or if another payload row is
closer to it, the row stands alone, with its own position or none. Times without a zone are UTC.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.domain.printable import encodable
from app.domain.records import Variable
from app.domain.times import from_ms
from app.ingest.formats import delimited_log, fill_values, mission_limits
from app.ingest.formats.delimited_log import Log
from app.ingest.formats.duplicate_rows import repeated_rows
from app.ingest.formats.observations import NO_TIME, SAILBUOY_FORMAT, Column, Floats, Ints, Observations
from app.ingest.refusals import Refused

_Other = TypeVar("_Other")

# The interval of fixes: a sailbuoy covers at most a kilometre in it.
PAIRED_WITHIN_MS = 10 * 60 * 1000

_NAME = re.compile(r"(?P<buoy>.+?)[-_ ]?(?P<log>nav|pld)\.csv", re.IGNORECASE)
_LATITUDES, _LONGITUDES = ("lat", "latitude"), ("long", "lon", "longitude")
_MAX_NAME = 200
_COORDINATES = ("time", "longitude", "latitude", "depth", "profile")


def matches(path: Path, head: bytes) -> bool:
    """True if the name is that of a sailbuoy's log and the columns are not those of an ERDDAP table."""
    names = delimited_log.header(head)
    is_table = "latitude" in names and "longitude" in names and delimited_log.separator(head) == ","
    return _NAME.fullmatch(path.name) is not None and not is_table


def paired(paths: Iterable[Path | _Other]) -> list[Path | _Other]:
    """The paths in their order, a payload replaced by the navigation beside it, and each pair once.

    Other objects, such as URLs, stay as they are.
    """
    files: list[Path | _Other] = []
    seen: set[Path] = set()
    for path in paths:
        match = _NAME.fullmatch(path.name) if isinstance(path, Path) else None
        if not isinstance(path, Path) or match is None:
            files.append(path)
            continue
        nav = _beside(path, "nav") if match["log"].lower() == "pld" else path
        key = (nav or path).absolute()
        if key not in seen:
            seen.add(key)
            files.append(nav or path)
    return files


def payload_of(path: Path) -> Path | None:
    """The payload file beside this navigation file; None for other files, or when there is no payload."""
    match = _NAME.fullmatch(path.name)
    return _beside(path, "pld") if match and match["log"].lower() == "nav" else None


def read(path: Path, max_samples: int) -> Observations:
    """The rows of both logs, not yet split into missions. Raises Refused."""
    match = _NAME.fullmatch(path.name)
    if match is None or match["log"].lower() == "pld":
        missing = path.name[: match.start("log")] + "nav.csv" if match else "nav.csv"
        raise Refused("no_navigation", f"the positions of this payload are in {missing}, which is missing beside it")
    nav = _read(path, max_samples)
    latitude, longitude = _first(nav, _LATITUDES), _first(nav, _LONGITUDES)
    for name, wanted in ((latitude, "Lat"), (longitude, "Long")):
        if name is None:
            raise Refused("no_valid_position", f"{path.name} has no such column, or no number in that column", wanted)
    beside = payload_of(path)
    pld = _read(beside, max_samples) if beside else None
    joined = _Joined(nav, pld)
    warnings = Counter({"payload_missing": 1})
    if pld is not None:
        warnings = Counter({"payload_unpaired": joined.unpaired, "payload_repeated": joined.repeated})
    rows = joined.time_ms.size
    if rows > max_samples:
        raise Refused("too_large", f"{rows} rows are more than the limit of {max_samples}")
    attributes: dict[str, Any] = {"platform_type": "Sailbuoy", "platform_serial": encodable(match["buoy"])}
    if (last_ms := int(joined.time_ms.max())) != NO_TIME:
        # One millisecond more with a payload: both logs supersede the positions alone, which end at the same time.
        attributes["date_modified"] = from_ms(last_ms + (pld is not None)).isoformat()
    if beside:
        attributes["payload_file"] = encodable(beside.name)
    return Observations(
        format=SAILBUOY_FORMAT,
        scope="mission",
        attributes=attributes,
        texts={},
        time_ms=joined.time_ms,
        lon_deg=joined.position(_LONGITUDES),
        lat_deg=joined.position(_LATITUDES),
        depth_m=np.full(rows, np.nan),
        number=np.full(rows, np.nan),
        weight=np.ones(rows, dtype=np.int64),
        columns=tuple(_columns(joined, warnings)),
        names={
            "time": nav.spelled["time"],
            "latitude": nav.spelled[str(latitude)],
            "longitude": nav.spelled[str(longitude)],
        },
        kind="sailbuoy",
        warnings=dict(warnings),
    )


class _Joined:
    """The rows of both logs: those of the navigation, then the payload rows without a fix."""

    def __init__(self, nav: Log, pld: Log | None) -> None:
        self.nav, self.pld = nav, pld
        self.repeated = 0
        self._of_nav = np.full(nav.time_ms.size, -1, dtype=np.intp)
        self._alone = np.zeros(0, dtype=np.intp)
        self.time_ms = nav.time_ms
        if pld is not None:
            rows = int(pld.time_ms.size)
            self.pld = pld = _distinct(pld)
            self.repeated = rows - int(pld.time_ms.size)
            self._of_nav, self._alone = _pairs(nav.time_ms, pld.time_ms)
            self.time_ms = np.concatenate((nav.time_ms, pld.time_ms[self._alone]))

    @property
    def unpaired(self) -> int:
        """The number of payload rows without a fix."""
        return int(self._alone.size)

    def position(self, names: tuple[str, ...]) -> Floats:
        """The fix of each row; a payload row without a fix has its own position, if any."""
        own = _first(self.pld, names) if self.pld else None
        alone = self.pld.columns[own][self._alone] if self.pld and own else np.full(self._alone.size, np.nan)
        return np.concatenate((self.nav.columns[str(_first(self.nav, names))], alone))

    def of_nav(self, key: str) -> Floats:
        """A column of the navigation, extended to all rows."""
        return np.concatenate((self.nav.columns[key], np.full(self._alone.size, np.nan)))

    def of_pld(self, values: Floats) -> Floats:
        """A column of the payload, extended to all rows."""
        beside = np.where(self._of_nav >= 0, values[self._of_nav], np.nan) if values.size else np.zeros(0)
        return np.concatenate((beside, values[self._alone]))


def _distinct(log: Log) -> Log:
    """The log in time order without the rows that repeat another one exactly."""
    order = np.argsort(log.time_ms, kind="stable")
    repeated = repeated_rows(log.time_ms, list(log.columns.values()), order)
    distinct = order[~repeated]
    return replace(log, time_ms=log.time_ms[distinct], columns={key: v[distinct] for key, v in log.columns.items()})


def _pairs(nav_ms: Ints, pld_ms: Ints) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each navigation row its payload row, -1 for none; and the payload rows without a navigation row.

    Navigation rows at the same moment share one payload row, so that exact repetitions stay exact. If several payload
    rows are nearest to one fix, the closest joins it.
    """
    moments, of_moment = np.unique(nav_ms, return_inverse=True)
    timed = moments[moments != NO_TIME]
    payload, first = np.unique(pld_ms, return_index=True)
    is_timed = payload != NO_TIME
    payload, first = payload[is_timed], first[is_timed]
    chosen = np.full(moments.size, -1, dtype=np.intp)
    paired = np.zeros(0, dtype=np.intp)
    if timed.size and payload.size:
        right = np.clip(np.searchsorted(timed, payload), 0, timed.size - 1)
        left = np.clip(right - 1, 0, None)
        nearest = np.where(np.abs(timed[left] - payload) <= np.abs(timed[right] - payload), left, right)
        apart = np.abs(timed[nearest] - payload)
        close = np.flatnonzero(apart <= PAIRED_WITHIN_MS)
        # The last assignment wins: the closest row of each fix comes last.
        order = close[np.argsort(-apart[close], kind="stable")]
        best = np.full(timed.size, -1, dtype=np.intp)
        best[nearest[order]] = order
        chosen[moments != NO_TIME] = np.where(best >= 0, first[best], -1)
        paired = first[best[best >= 0]]
    alone = np.setdiff1d(np.arange(pld_ms.size, dtype=np.intp), paired)
    return chosen[of_moment], alone


def _columns(joined: _Joined, warnings: Counter[str]) -> Iterable[Column]:
    """The measurements of both logs, one column for each canonical name; `warnings` receives their flaws."""
    logs = [joined.nav] + ([joined.pld] if joined.pld else [])
    canonical_names = _named([(log is joined.pld, key) for log in logs for key in log.columns])
    mission_limits.require_few_variables(len(canonical_names))
    for (is_payload, key), name in sorted(canonical_names.items(), key=lambda pair: pair[1]):
        log = joined.pld if is_payload and joined.pld else joined.nav
        values = joined.of_pld(log.columns[key]) if is_payload else joined.of_nav(key)
        values = fill_values.cleaned(values, None, warnings)
        if np.isfinite(values).any():
            yield _column(name, key, log.spelled[key], values)


def _named(columns: list[tuple[bool, str]]) -> dict[tuple[bool, str], str]:
    """The canonical name of each measurement, by (is_payload, name in lower case)."""
    measured = [pair for pair in columns if pair[1] not in (*_LATITUDES, *_LONGITUDES)]
    canonical_names: dict[tuple[bool, str], str] = {}
    for name, entry in _entries().items():
        claims = [pair for key in entry["names"] for pair in measured if pair[1] == key]
        # The payload is the original of a sensor's values; the navigation may repeat them.
        claims.sort(key=lambda pair: (entry["names"].index(pair[1]), not pair[0]))
        if claims:
            canonical_names[claims[0]] = name
    for pair in measured:
        if pair not in canonical_names:
            own = "".join(c if c.isascii() and c.isalnum() else "_" for c in pair[1][:_MAX_NAME]).strip("_")
            own = own or "unnamed"
            while own in canonical_names.values() or own in _COORDINATES or own in _entries():
                own = f"payload_{own}" if pair[0] and not own.startswith("payload_") else f"{own}_2"
            canonical_names[pair] = own
    return canonical_names


def _column(canonical: str, key: str, spelled: str, values: Floats) -> Column:
    entry = _entries().get(canonical, {})
    # If the file uses the canonical name for another quantity, the description of the vocabulary does not apply.
    entry = entry if key in entry.get("names", ()) else {}
    about = Variable(
        name=canonical,
        unit=entry.get("unit"),
        standard_name=entry.get("standard_name"),
        long_name=entry.get("long_name"),
        source_name=encodable(spelled)[:_MAX_NAME],
        source_unit=entry.get("source_unit", entry.get("unit")),
    )
    return Column(about, values * entry.get("factor", 1.0))


def _read(path: Path, max_samples: int) -> Log:
    numeric = {*_LATITUDES, *_LONGITUDES, *(name for entry in _entries().values() for name in entry["names"])}
    return delimited_log.read(path, max_samples, numeric, _table()["unmeasured"])


def _first(log: Log, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in log.columns), None)


def _beside(path: Path, log: str) -> Path | None:
    """The other log of the same buoy in the same folder, in any spelling of upper and lower case."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    wanted = f"{path.name[: match.start('log')]}{log}.csv".lower()
    try:
        folder = path.parent.stat()
        name = _logs_in(path.parent, (folder.st_dev, folder.st_ino, folder.st_mtime_ns)).get(wanted)
    except OSError:
        return None
    return path.parent / name if name else None


# For each log of a folder the other one is searched several times; folders are imported one after the other.
@lru_cache(maxsize=4)
def _logs_in(folder: Path, _state: tuple[int, int, int]) -> dict[str, str]:
    """The logs of the folder by their names in lower case, listed again when its state changes.

    Of several spellings of a name the first one counts.
    """
    names = sorted((entry.name for entry in folder.iterdir() if _NAME.fullmatch(entry.name)), reverse=True)
    return {name.lower(): name for name in names}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("app.ingest").joinpath("data/sailbuoy.toml").read_text(encoding="utf-8"))


def _entries() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = _table()["columns"]
    return entries
