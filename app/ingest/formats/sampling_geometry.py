"""Discrete sampling geometries of CF as plain columns: the readers see one dimension, that of the samples.

A trajectory dimension of length 1 is dropped. In ragged arrays, contiguous or indexed, the coordinates and the number
of each profile are repeated for its samples. Source: CF conventions 1.11, chapter 9.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import flag_variables
from app.ingest.formats.netcdf import NetCdf
from app.ingest.refusals import Refused

Pick = Callable[[NDArray[Any]], NDArray[Any]]

NUMBERS = ("profile_number", "profile_index", "profile_num", "profile_id", "profile")
_COORDINATES = ("time", "latitude", "lat", "longitude", "lon")


@dataclass(frozen=True, slots=True)
class View:
    """A variable along other dimensions than in the file. Its attributes are those of the file."""

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: Any
    variable: Any
    pick: Pick

    def ncattrs(self) -> list[str]:
        """The names of the attributes."""
        names: list[str] = self.variable.ncattrs()
        return names

    def getncattr(self, name: str, **options: Any) -> Any:
        """The value of an attribute."""
        return self.variable.getncattr(name, **options)

    def __getitem__(self, _: Any) -> NDArray[Any]:
        """All values, whatever the index is: readers read whole variables."""
        return self.pick(np.asarray(self.variable[...]))


def flatten(file: NetCdf) -> None:
    """Replace the variables of the file by those along the samples. Raises Refused for an inconsistent array."""
    _drop_single(file)
    for name in list(file.variables):
        if sample := file.attribute(name, "sample_dimension"):
            _repeat_contiguous(file, name, str(sample))
        elif file.attribute(name, "instance_dimension") and file.is_number(name):
            _repeat_indexed(file, name, str(file.attribute(name, "instance_dimension")))


def _drop_single(file: NetCdf) -> None:
    """Drop the dimensions of length 1 that time has beside that of its rows, in all variables."""
    time = file.variables.get("time")
    while time is not None and len(time.dimensions) > 1 and 1 in time.shape:
        single = time.dimensions[tuple(time.shape).index(1)]
        for name, variable in list(file.variables.items()):
            if single not in variable.dimensions or len(variable.dimensions) < 2:
                continue
            axis = tuple(variable.dimensions).index(single)
            dimensions = tuple(variable.dimensions[:axis]) + tuple(variable.dimensions[axis + 1 :])
            shape = tuple(variable.shape[:axis]) + tuple(variable.shape[axis + 1 :])
            file.variables[name] = View(variable.name, dimensions, shape, variable.dtype, variable, _reshaped(shape))
        time = file.variables["time"]


def _reshaped(shape: tuple[int, ...]) -> Pick:
    return lambda values: values.reshape(shape)


def _repeat_contiguous(file: NetCdf, name: str, sample: str) -> None:
    """Repeat the variables of each instance as often as the row sizes in `name` say."""
    variable = file.variables[name]
    rows = file.dimensions.get(sample)
    if rows is None or len(variable.dimensions) != 1 or not file.is_number(name):
        raise Refused("unreadable", "the sizes of a ragged array need a sample dimension of the file", variable.name)
    sizes = np.maximum(file.integers(name), 0)
    if int(sizes.sum()) != rows:
        raise Refused(
            "unreadable", f"the sizes of a ragged array add up to {sizes.sum()}, not to {rows}", variable.name
        )
    _repeat(file, variable, sample, rows, np.repeat(np.arange(sizes.size), sizes))


def _repeat_indexed(file: NetCdf, name: str, instance: str) -> None:
    """Repeat the variables of each instance for the rows whose index in `name` is its own."""
    variable = file.variables[name]
    instances = file.dimensions.get(instance)
    if instances is None or len(variable.dimensions) != 1:
        raise Refused(
            "unreadable", "the index of a ragged array needs an instance dimension of the file", variable.name
        )
    index = file.integers(name)
    if index.size and not (int(index.min()) >= 0 and int(index.max()) < instances):
        raise Refused("unreadable", f"the index of a ragged array is outside its {instances} instances", variable.name)
    sizes = View(variable.name, (instance,), (instances,), variable.dtype, variable, lambda values: values)
    _repeat(file, sizes, str(variable.dimensions[0]), int(index.size), index.astype(np.intp))


def _repeat(file: NetCdf, sizes: Any, sample: str, rows: int, owner: NDArray[np.intp]) -> None:
    instance = tuple(sizes.dimensions)
    shape = ((sample,), (rows,))
    flags = flag_variables.names(file)
    for name in (*_COORDINATES, *NUMBERS, *sorted(flags)):
        variable = file.variables.get(name)
        is_read = variable is not None and (name in flags or file.is_number(name))
        if variable is not None and is_read and tuple(variable.dimensions) == instance:
            file.variables[name] = View(variable.name, *shape, variable.dtype, variable, lambda values: values[owner])
    has_number = any(tuple(file.variables[name].dimensions) == (sample,) for name in NUMBERS if name in file.variables)
    of_trajectories = any(
        variable.dimensions[:1] == instance and file.attribute(name, "cf_role") == "trajectory_id"
        for name, variable in file.variables.items()
    )
    if not (has_number or of_trajectories) and int(sizes.shape[0]) > 1 and "profile_number" not in file.variables:
        # The order of the profiles is their number.
        number = View(sizes.name, *shape, np.dtype(np.int64), _Bare(), lambda _: owner.astype(np.int64) + 1)
        file.variables["profile_number"] = number


class _Bare:
    """A variable without attributes and values, behind a computed one."""

    def ncattrs(self) -> list[str]:
        """No attributes."""
        return []

    def __getitem__(self, _: Any) -> NDArray[Any]:
        return np.zeros(0)
