"""The trajectories (missions) that a NetCDF file holds: one, or several that are imported as missions of their own.

Source: CF conventions 1.11, chapter 9: `cf_role` trajectory_id, ragged arrays with `sample_dimension` and
`instance_dimension`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats.netcdf import NetCdf, decoded
from app.ingest.formats.observations import Observations, Trajectory
from app.ingest.refusals import Refused

_NAMES = ("trajectory", "trajectory_id", "trajectory_name")
_SHOWN = 3
# As many as the export of several missions holds.
_MOST = 500


class Trajectories:
    """The trajectories of a file. `names` are distinct, in the order of their first rows."""

    def __init__(self, file: NetCdf) -> None:
        self._file = file
        self._variable = _variable(file)
        self._labels = _labels(file, self._variable, collapsed=True) if self._variable else []
        self.names = list(dict.fromkeys(label for label in self._labels if label))

    @property
    def only(self) -> str | None:
        """The name of the only trajectory, None without one."""
        return self.names[0] if len(self.names) == 1 else None

    def require_one_dimension(self) -> None:
        """Raises Refused for several trajectories in an array with a dimension of its own for them."""
        time = self._file.variables.get("time")
        if len(self.names) > 1 and time is not None and len(time.dimensions) > 1:
            raise self._several()

    def divided(self, rows: Observations) -> Observations:
        """The rows with the only trajectory as a text, or ordered by trajectory. Raises Refused.

        The rows of several trajectories must be those of the file, one for each sample.
        """
        if self.only is not None:
            return replace(rows, texts={**rows.texts, "trajectory": self.only})
        if not self.names:
            if (count := _instances(self._file)) > 1:
                raise Refused("several_missions", f"it holds {count} trajectories without names")
            return rows
        owner = self._owner(rows.time_ms.size)
        if owner is None or len(self.names) > _MOST:
            raise self._several()
        order = np.argsort(owner, kind="stable")
        sizes = np.bincount(owner, minlength=len(self.names)).tolist()
        texts = self._texts()
        trajectories = tuple(
            Trajectory(name, size, texts.get(name, {})) for name, size in zip(self.names, sizes, strict=True) if size
        )
        return replace(rows.at(order), trajectories=trajectories)

    def _several(self) -> Refused:
        shown = ", ".join(self.names[:_SHOWN]) + (", …" if len(self.names) > _SHOWN else "")
        cause = f"it holds {len(self.names)} trajectories ({shown}): write a file for each"
        return Refused("several_missions", cause, self._variable)

    def _owner(self, rows: int) -> NDArray[np.intp] | None:
        """The index in `names` for each row of a ragged array; None for another layout."""
        if not all(self._labels) or self._variable is None:
            return None
        by_name = {name: index for index, name in enumerate(self.names)}
        owners = np.array([by_name[label] for label in self._labels], dtype=np.intp)
        instance = str(self._file.variables[self._variable].dimensions[0])
        # A name that changes from row to row is no layout of trajectories: it may be that of a dive or a day.
        return self._along_samples(owners, instance, rows, levels=2)

    def _along_samples(
        self, owners: NDArray[np.intp], instance: str, rows: int, levels: int
    ) -> NDArray[np.intp] | None:
        """The owner of each row, given that of each instance; None for another layout.

        Rows belong to trajectories, or to profiles that belong to trajectories: `levels` is 2.
        """
        for name, variable in self._file.variables.items() if levels else ():
            dimensions = tuple(str(dimension) for dimension in variable.dimensions)
            if self._file.attribute(name, "sample_dimension") and dimensions == (instance,):
                sizes = np.maximum(self._file.integers(name), 0)
                return np.repeat(owners, sizes) if sizes.sum() == rows else None
            if self._file.attribute(name, "instance_dimension") == instance and len(dimensions) == 1:
                index = self._file.integers(name)
                if not bool(((index >= 0) & (index < owners.size)).all()):
                    return None
                of_profiles = self._along_samples(owners[index], dimensions[0], rows, levels - 1)
                return of_profiles if of_profiles is not None or index.size != rows else owners[index]
        return None

    def _texts(self) -> dict[str, dict[str, str]]:
        """The texts that describe each trajectory, by its name and by the lower-case name of their variable."""
        texts: dict[str, dict[str, str]] = {name: {} for name in self.names}
        instance = self._file.variables[self._variable].dimensions[0] if self._variable else None
        if len(self._labels) != len(self.names):
            return texts
        for name, variable in self._file.variables.items():
            if name != self._variable and variable.dimensions[:1] == (instance,) and not self._file.is_number(name):
                for label, text in zip(self._labels, _labels(self._file, name), strict=False):
                    texts[label][name] = text
        return texts


def _variable(file: NetCdf) -> str | None:
    roles = (name for name in file.variables if file.attribute(name, "cf_role") == "trajectory_id")
    by_name = (name for name in _NAMES if name in file.variables)
    return next(roles, None) or next(by_name, None)


def _labels(file: NetCdf, name: str, collapsed: bool = False) -> list[str]:
    """The text of each element of a variable; numbers are names only of a trajectory by role.

    With `collapsed`, equal elements give one text: a mission may name its trajectory in millions of rows.
    """
    values = np.asarray(file.variables[name][...])
    if values.dtype.kind == "S":
        values = _joined(values)
    elif values.dtype.kind not in "OU":
        if file.attribute(name, "cf_role") != "trajectory_id" or values.size < 2:
            return []
        return [str(value) if value == value else "" for value in values.ravel().tolist()]
    flat = values.ravel()
    if collapsed and flat.size and bool((flat == flat[0]).all()):
        return [_text(flat[0])]
    if flat.dtype.kind == "O":
        return [_text(value) for value in flat.tolist()]
    distinct, inverse = np.unique(flat, return_inverse=True)
    texts = [_text(value) for value in distinct.tolist()]
    return [texts[index] for index in inverse.tolist()]


def _joined(characters: NDArray[Any]) -> NDArray[Any]:
    """Texts from an array of characters, whose last dimension is the length of a text."""
    if characters.dtype.itemsize > 1 or characters.ndim == 0:
        return characters
    width = characters.shape[-1]
    if width == 0:
        return characters.reshape(-1)[:0]
    return np.ascontiguousarray(characters).view(f"S{width}").reshape(-1)


def _text(value: Any) -> str:
    return decoded(value).strip("\x00 ") if isinstance(value, bytes) else str(value).strip()


def _instances(file: NetCdf) -> int:
    """The number of trajectories of a ragged array whose trajectories have no names."""
    if str(file.global_attribute("featureType") or "").lower() != "trajectory":
        return 1
    counts = (v.shape[0] for n, v in file.variables.items() if file.attribute(n, "sample_dimension") and v.shape)
    return int(next(counts, 1))
