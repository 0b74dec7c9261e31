"""A NetCDF file as plain arrays: fills are NaN, scaled, in native byte order; damage is refused, not raised."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import structlog
from numpy.typing import NDArray

from app.domain.printable import one_line
from app.ingest.formats import cf_time, external_data, fill_values
from app.ingest.formats.observations import Floats, Ints
from app.ingest.refusals import Refused

# The limit counts cells, because memory grows with variables too: 25 variables for each sample.
CELLS_PER_SAMPLE = 25

log = structlog.get_logger(__name__)


# The library crashes the process when two threads use it at once, even on different files.
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def opened(path: Path) -> Iterator["NetCdf"]:
    """The file, closed at the end. Raises Refused when its bytes are damaged, also while it is read."""
    try:
        with _ONE_AT_A_TIME, _dataset(path) as dataset:
            # The library would mask by valid_min and valid_max: a depth of -0.02 m is noise, not a missing value.
            dataset.set_auto_mask(False)
            dataset.set_auto_scale(False)
            # By `_Encoding` the library would join all characters along the last dimension, also those of the rows.
            dataset.set_auto_chartostring(False)
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


def _dataset(path: Path) -> Any:
    external_data.require_none(path)
    # The library requires a text that it can encode; Latin-1 restores the bytes of any name.
    return netCDF4.Dataset(os.fsencode(path).decode("latin-1"), encoding="latin-1")


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
        stored = _with_declared_sign(variable, raw)
        scale, offset = self._packing(name)
        is_scaled = (scale, offset) != (1.0, 0.0)
        is_narrow = narrow and not is_scaled and raw.dtype.itemsize <= 4 and raw.dtype.kind == "f"
        values: NDArray[Any] = stored.astype(np.float32 if is_narrow else np.float64)
        for fill in self._fills(variable, raw.dtype):
            values[(raw == fill) | (stored == fill)] = np.nan
        if is_scaled:
            with np.errstate(over="ignore"):  # What overflows is infinite: no measurement, and no time.
                values = values * scale + offset
        values[~np.isfinite(values)] = np.nan
        return values

    def valid_range(self, name: str) -> tuple[float, float] | None:
        """The range of the variable's values that the file declares, after unpacking; None if there is none."""
        variable = self.variables[name]

        def attribute(key: str) -> Any:
            if key not in variable.ncattrs():
                return None
            value = np.asarray(variable.getncattr(key))
            return plain(_with_declared_sign(variable, value)[()])

        return fill_values.declared_range(attribute, variable.dtype, *self._packing(name))

    def _packing(self, name: str) -> tuple[float, float]:
        """The factor and the offset of packed values."""
        return float(self.attribute(name, "scale_factor") or 1), float(self.attribute(name, "add_offset") or 0)

    def raw(self, name: str) -> NDArray[Any]:
        """The variable as it is stored, with the sign that the file declares."""
        variable = self.variables[name]
        return _with_declared_sign(variable, np.asarray(variable[...]))

    def integers(self, name: str) -> Ints:
        """The variable as whole numbers, without scaling."""
        return np.nan_to_num(np.asarray(self.variables[name][...], dtype=np.float64), nan=-1).astype(np.int64)

    def times_ms(self, name: str) -> Ints:
        """Milliseconds since 1970 UTC, NO_TIME where missing. Raises Refused for units without a reference time."""
        units, calendar = str(self.attribute(name, "units") or ""), str(self.attribute(name, "calendar") or "")
        return cf_time.counted_ms(self.floats(name), units, calendar, name)

    @staticmethod
    def _fills(variable: Any, dtype: np.dtype[Any]) -> list[Any]:
        """The fill values that the file declares, and that of the library, as the type of the data stores them."""
        fills: list[Any] = [netCDF4.default_fillvals.get(dtype.str[1:])] if dtype.itemsize > 1 else []
        for attribute in ("_FillValue", "missing_value"):
            if attribute in variable.ncattrs():
                fills.extend(np.ravel(variable.getncattr(attribute)).tolist())
        numbers = [number for fill in fills if (number := _number(fill)) is not None]
        # A float of 32 bits is never equal to a fill value of 64 bits such as -999.9.
        with np.errstate(over="ignore"):
            return [dtype.type(number) for number in numbers] if dtype.kind == "f" else numbers


def _with_declared_sign(variable: Any, values: NDArray[Any]) -> NDArray[Any]:
    """The whole numbers with the sign that `_Unsigned` declares: classic NetCDF has no unsigned types.

    Source: NetCDF Users' Guide, attribute conventions.
    """
    declared = str(variable.getncattr("_Unsigned")).strip().lower() if "_Unsigned" in variable.ncattrs() else ""
    kind = {"true": "u", "false": "i"}.get(declared)
    if kind is None or values.dtype.kind not in "iu":
        return values
    dtype = np.dtype(f"{kind}{values.dtype.itemsize}").newbyteorder(values.dtype.byteorder)
    return np.ascontiguousarray(values).view(dtype).reshape(values.shape)


def _number(value: Any) -> int | float | None:
    """The number in an attribute, also if it is stored as text."""
    if isinstance(value, int | float):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


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
