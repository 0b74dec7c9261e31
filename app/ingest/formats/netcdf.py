"""A NetCDF file as plain arrays: fills are NaN, scaled, in native byte order; damage is refused, not raised."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import structlog
from numpy.typing import NDArray

from app.domain import times
from app.domain.printable import one_line
from app.ingest.formats.observations import NO_TIME, Floats, Ints
from app.ingest.refusals import Refused

# The limit counts cells, because memory grows with variables too: 25 variables for each sample.
CELLS_PER_SAMPLE = 25

log = structlog.get_logger(__name__)

_MS = {
    "nanosecond": 1e-6, "nanoseconds": 1e-6, "ns": 1e-6, "microsecond": 1e-3, "microseconds": 1e-3,
    "millisecond": 1.0, "milliseconds": 1.0, "ms": 1.0, "msec": 1.0,
    "second": 1e3, "seconds": 1e3, "sec": 1e3, "secs": 1e3, "s": 1e3,
    "minute": 6e4, "minutes": 6e4, "min": 6e4, "mins": 6e4,
    "hour": 36e5, "hours": 36e5, "hr": 36e5, "hrs": 36e5, "h": 36e5, "day": 864e5, "days": 864e5, "d": 864e5,
}  # fmt: skip
_COUNTED = re.compile(r"\s*(?P<unit>\w+)\s+since\s(?P<reference>.{1,100})", re.IGNORECASE | re.DOTALL)
_CALENDARS = {"", "standard", "gregorian", "proleptic_gregorian"}

# Year 1 to 9999: values outside are undeclared fill values.
_EARLIEST_MS, _LATEST_MS = -62_135_596_800_000, 253_402_300_799_000


# The library crashes the process when two threads use it at once, even on different files.
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def opened(path: Path) -> Iterator["NetCdf"]:
    """The file, closed at the end. Raises Refused when its bytes are damaged, also while it is read."""
    # The library requires a text that it can encode; Latin-1 restores the bytes of any name.
    name = os.fsencode(path).decode("latin-1")
    try:
        with _ONE_AT_A_TIME, netCDF4.Dataset(name, encoding="latin-1") as dataset:
            # The library would mask by valid_min and valid_max: a depth of -0.02 m is noise, not a missing value.
            dataset.set_auto_mask(False)
            dataset.set_auto_scale(False)
            yield NetCdf(dataset)
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        if "Memory allocation" in str(error):
            raise Refused("unreadable", "it needs more memory than the limit for a file of its size") from MemoryError()
        raise Refused("truncated", f"the file cannot be read to its end: {_cause(error)}") from error
    except MemoryError as error:
        raise Refused("unreadable", "it needs more memory than the limit for a file of its size") from error
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        # A hostile or odd file must not stop the import of the others; the log has the traceback.
        log.warning("file_unreadable", file_name=one_line(path.name), exc_info=True)
        raise Refused("unreadable", f"the structure of the file is not valid: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return text.splitlines()[0][:120]


class NetCdf:
    """An open file. Variables are looked up by lower-case name."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.variables: dict[str, Any] = {}
        for name, variable in dataset.variables.items():
            self.variables.setdefault(name.lower(), variable)
        self.dimensions: dict[str, int] = {name: len(dimension) for name, dimension in dataset.dimensions.items()}

    def attributes(self) -> dict[str, Any]:
        """Global attributes as texts, numbers and lists of numbers, without numpy types."""
        return {name: _attribute(self._dataset, name) for name in self._dataset.ncattrs()}

    def global_attribute(self, name: str) -> Any:
        """A global attribute, None when there is none."""
        return _attribute(self._dataset, name) if name in self._dataset.ncattrs() else None

    def attribute(self, name: str, attribute: str) -> Any:
        """An attribute of a variable, None when it has none."""
        variable = self.variables[name]
        return _attribute(variable, attribute) if attribute in variable.ncattrs() else None

    def text(self, name: str) -> str:
        """A scalar text variable, whether it is a string or an array of characters; numbers as they print."""
        value = self.variables[name][...]
        array = np.asarray(value)
        if array.dtype.kind == "S":
            return decoded(b"".join(array.ravel().tolist())).strip("\x00 ")
        if array.size == 0:
            return ""
        return str(array.ravel()[0]).strip()

    def is_number(self, name: str) -> bool:
        """True if the variable holds numbers and not texts."""
        return getattr(self.variables[name].dtype, "kind", "O") in "fiu"

    def floats(self, name: str, narrow: bool = False) -> NDArray[Any]:
        """The variable as floats, fills as NaN; float64, or with `narrow` float32 where the file has no more."""
        variable = self.variables[name]
        raw = np.asarray(variable[...])
        scaled = "scale_factor" in variable.ncattrs() or "add_offset" in variable.ncattrs()
        width = (
            np.float32 if narrow and not scaled and raw.dtype.itemsize <= 4 and raw.dtype.kind == "f" else np.float64
        )
        values: NDArray[Any] = raw.astype(width)
        for fill in self._fills(variable, raw.dtype):
            values[raw == fill] = np.nan
        if scaled:
            values = values * float(self.attribute(name, "scale_factor") or 1) + float(
                self.attribute(name, "add_offset") or 0
            )
        values[~np.isfinite(values)] = np.nan
        return values

    def integers(self, name: str) -> Ints:
        """The variable as whole numbers, without scaling."""
        return np.nan_to_num(np.asarray(self.variables[name][...], dtype=np.float64), nan=-1).astype(np.int64)

    def times_ms(self, name: str) -> Ints:
        """Milliseconds since 1970 UTC, NO_TIME where missing. Raises Refused for units without a reference time."""
        units, calendar = str(self.attribute(name, "units") or ""), str(self.attribute(name, "calendar") or "")
        return counted_ms(self.floats(name), units, calendar, name)

    @staticmethod
    def _fills(variable: Any, dtype: np.dtype[Any]) -> list[Any]:
        fills: list[Any] = [netCDF4.default_fillvals.get(dtype.str[1:])] if dtype.itemsize > 1 else []
        for attribute in ("_FillValue", "missing_value"):
            if attribute in variable.ncattrs():
                fills.extend(np.ravel(variable.getncattr(attribute)).tolist())
        return [fill for fill in fills if isinstance(fill, int | float)]


def counts_time(units: object) -> bool:
    """True if the units count time since a reference."""
    return " since " in " ".join(str(units).lower().split()) if units else False


def counted_ms(values: NDArray[Any], units: str, calendar: str, name: str) -> Ints:
    """Values counted in `units` as milliseconds since 1970 UTC, NO_TIME where missing. Raises Refused."""
    match = _COUNTED.fullmatch(units)
    epoch = times.parsed(match["reference"]) if match else None
    scale = _MS.get(match["unit"].lower()) if match else None
    if scale is None or epoch is None:
        raise Refused("no_time", f"units {units[:60]!r} have no reference time", name)
    if calendar.lower() not in _CALENDARS:
        raise Refused("no_time", f"calendar {calendar[:40]!r} is not supported", name)
    # Rounding noise of a double, below a microsecond, is removed; then the value is truncated: 0.9999 s is 0.999 s.
    with np.errstate(over="ignore"):
        ms = np.floor(np.round((values * scale + times.to_ms(epoch)) * 1000) / 1000)
    inside = np.isfinite(ms) & (ms >= _EARLIEST_MS) & (ms <= _LATEST_MS)
    return np.where(inside, np.where(inside, ms, 0).astype(np.int64), NO_TIME)


def _attribute(owner: Any, name: str) -> Any:
    """The attribute of a dataset or a variable; a text that is not UTF-8 is decoded as Latin-1."""
    value = plain(owner.getncattr(name))
    if "\ufffd" not in str(value):
        return value
    # The library replaces the bytes that are not UTF-8; Latin-1 restores all of them.
    value = plain(owner.getncattr(name, encoding="latin-1"))
    return [_redecoded(item) for item in value] if isinstance(value, list) else _redecoded(value)


def _redecoded(value: Any) -> Any:
    return decoded(value.encode("latin-1")) if isinstance(value, str) else value


def decoded(data: bytes) -> str:
    """The text of the bytes: UTF-8, else what Windows takes for Latin-1, in which every byte is a character."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def plain(value: Any) -> Any:
    """An attribute's value without numpy types."""
    if isinstance(value, np.ndarray | list):
        return [plain(item) for item in (value if isinstance(value, list) else value.tolist())]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        # MongoDB stores whole numbers of 64 bits at most.
        return str(value)
    return value if isinstance(value, str | int | float) else str(value)


def as_floats(values: NDArray[Any]) -> Floats:
    """The same values as float64."""
    return values.astype(np.float64, copy=False)
