"""Flags with a dimension beyond the rows: that of the characters of a text, as classic NetCDF stores texts, or of one.

A variable of flags `(N, 1)`, or `(N, STRING4)` of characters, is read as one along `(N)`.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import flag_variables
from app.ingest.formats.netcdf import NetCdf
from app.ingest.formats.sampling_geometry import View


def flatten(file: NetCdf) -> None:
    """Replace such flag variables of the file by those without that dimension."""
    flags = flag_variables.names(file)
    # The levels of an array of profiles are no characters: measurements have this dimension, too.
    of_measurements = {
        dimension
        for name, variable in file.variables.items()
        if name not in flags and file.is_number(name)
        for dimension in variable.dimensions
    }
    for name in flags:
        variable = file.variables[name]
        if _has_more(variable, of_measurements):
            dimensions, shape = tuple(variable.dimensions[:-1]), tuple(variable.shape[:-1])
            dtype = np.dtype(f"S{variable.shape[-1]}") if _is_character(variable) else variable.dtype
            file.variables[name] = View(variable.name, dimensions, shape, dtype, variable, _without_last)


def _has_more(variable: Any, of_measurements: Collection[str]) -> bool:
    """True if the last dimension is that of the characters of a text, or one of length 1 that nothing else has."""
    if len(variable.dimensions) < 2 or variable.dimensions[-1] in of_measurements:
        return False
    return bool(_is_character(variable) or variable.shape[-1] == 1)


def _is_character(variable: Any) -> bool:
    return bool(getattr(variable.dtype, "kind", "O") == "S" and variable.shape[-1] > 0)


def _without_last(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "S":
        width = values.shape[-1] * values.dtype.itemsize
        return np.ascontiguousarray(values).view(f"S{width}").reshape(values.shape[:-1])
    return values.reshape(values.shape[:-1])
