"""The trajectories (missions) that a NetCDF file holds.

Source: CF conventions 1.11, chapter 9: `cf_role` trajectory_id, ragged arrays with `sample_dimension` and
`instance_dimension`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats.netcdf import NetCdf, decoded
from app.ingest.refusals import Refused

_NAMES = ("trajectory", "trajectory_id", "trajectory_name")
_SHOWN = 3


def require_one(file: NetCdf) -> str | None:
    """The name of the trajectory, None without one. Raises Refused if the file holds several."""
    name = _variable(file)
    names = _names(file, name) if name else []
    if len(names) > 1:
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        raise Refused(
            "several_missions",
            f"it holds {len(names)} trajectories ({shown}): write a file for each",
            str(file.variables[name].name) if name else None,
        )
    if name is None and (count := _instances(file)) > 1:
        raise Refused("several_missions", f"it holds {count} trajectories without names: write a file for each")
    return names[0] if names else None


def _variable(file: NetCdf) -> str | None:
    roles = (name for name in file.variables if file.attribute(name, "cf_role") == "trajectory_id")
    by_name = (name for name in _NAMES if name in file.variables)
    return next(roles, None) or next(by_name, None)


def _names(file: NetCdf, name: str) -> list[str]:
    """The distinct names in the order of their first rows, without empty ones; numbers count as names by role only."""
    variable = file.variables[name]
    values = np.asarray(variable[...])
    if values.dtype.kind == "S":
        values = _joined(values)
    elif values.dtype.kind not in "OU":
        if file.attribute(name, "cf_role") != "trajectory_id" or values.size < 2:
            return []
        values = values[np.isfinite(values)]
    texts = [text for value in _distinct(values.ravel()) if (text := _text(value))]
    return list(dict.fromkeys(texts))


def _joined(characters: NDArray[Any]) -> NDArray[Any]:
    """Texts from an array of characters, whose last dimension is the length of a text."""
    if characters.dtype.itemsize > 1 or characters.ndim == 0:
        return characters
    width = characters.shape[-1]
    if width == 0:
        return characters.reshape(-1)[:0]
    return np.ascontiguousarray(characters).view(f"S{width}").reshape(-1)


def _distinct(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "O":
        return list(dict.fromkeys(values.tolist()))
    distinct, first = np.unique(values, return_index=True)
    return [distinct[i].item() for i in np.argsort(first)]


def _text(value: Any) -> str:
    return decoded(value).strip("\x00 ") if isinstance(value, bytes) else str(value).strip()


def _instances(file: NetCdf) -> int:
    """The number of trajectories of a ragged array whose trajectories have no names."""
    if str(file.global_attribute("featureType") or "").lower() != "trajectory":
        return 1
    counts = (v.shape[0] for n, v in file.variables.items() if file.attribute(n, "sample_dimension") and v.shape)
    return int(next(counts, 1))
