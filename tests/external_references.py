"""Write HDF5 files whose variable `temperature` is stored in another file: netCDF4 has no function for it."""

import ctypes
import importlib
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_int64, c_uint, c_uint64
from pathlib import Path

from tests.made_files import rows, time_series

# The library that netCDF4 has loaded, with its dimension scales.
HDF5 = ctypes.CDLL(importlib.import_module("netCDF4._netCDF4").__file__)
_COUNT = len(rows()["time"])
_READ_WRITE = 1
_ID = c_int64
_DEFAULT = 0


def call(name: str, *arguments: object) -> int:
    """Call the function of HDF5 and return its result, an identifier or a status."""
    function = getattr(HDF5, name)
    function.restype = (
        c_int64 if name.startswith(("H5Fopen", "H5Dcreate", "H5Dopen", "H5Screate", "H5Pcreate")) else c_int
    )
    result = int(function(*arguments))
    assert result >= 0, name
    return result


def _constant(name: str) -> c_int64:
    return c_int64.in_dll(HDF5, f"{name}_g")


def _without_temperature(path: Path, mission: str) -> _ID:
    columns = rows()
    del columns["temperature"]
    time_series(path, columns, {"id": mission})
    return _ID(call("H5Fopen", bytes(path), c_uint(_READ_WRITE), _ID(_DEFAULT)))


def _with_dataset(file: _ID, kind: str, choose: Callable[[_ID, _ID], object]) -> None:
    """Add the dataset; `choose` sets where its values are stored."""
    length = (c_uint64 * 1)(_COUNT)
    space = _ID(call("H5Screate_simple", c_int(1), length, None))
    properties = _ID(call("H5Pcreate", _constant("H5P_CLS_DATASET_CREATE_ID")))
    choose(properties, space)
    none = _ID(_DEFAULT)
    dataset = _ID(call("H5Dcreate2", file, c_char_p(b"temperature"), _constant(kind), space, none, properties, none))
    scale = _ID(call("H5Dopen2", file, c_char_p(b"time"), none))
    call("H5DSattach_scale", dataset, scale, c_uint(0))
    for opened in (dataset, scale):
        call("H5Dclose", opened)
    call("H5Pclose", properties)
    call("H5Sclose", space)


def external_storage(path: Path, target: Path, mission: str = "evil-20200913T1226") -> Path:
    """Write a time series whose temperatures are the first bytes of the target."""
    file = _without_temperature(path, mission)
    HDF5.H5Pset_external.argtypes = [_ID, c_char_p, c_int64, c_uint64]
    _with_dataset(file, "H5T_STD_U8LE", lambda plist, _: call("H5Pset_external", plist, bytes(target), 0, _COUNT))
    call("H5Fclose", file)
    return path


def virtual_dataset(path: Path, target: Path, mission: str = "evil-20200914T1226") -> Path:
    """Write a time series whose temperatures are those of the target, a NetCDF-4 file."""
    file = _without_temperature(path, mission)
    source, name = c_char_p(bytes(target)), c_char_p(b"/temperature")
    _with_dataset(
        file, "H5T_IEEE_F64LE", lambda plist, space: call("H5Pset_virtual", plist, space, source, name, space)
    )
    call("H5Fclose", file)
    return path


def external_link(path: Path, target: Path, mission: str = "evil-20200915T1226") -> Path:
    """Write a time series whose variable is a link to that of the target, a NetCDF-4 file."""
    file = _without_temperature(path, mission)
    _link(file, b"temperature", target)
    call("H5Fclose", file)
    return path


def soft_link_to_external_link(path: Path, target: Path, mission: str = "evil-20200916T1226") -> Path:
    """Write a time series whose variable is a link to a link in a group, to the variable of the target."""
    file = _without_temperature(path, mission)
    none = _ID(_DEFAULT)
    HDF5.H5Gcreate2.restype = c_int64
    group = _ID(HDF5.H5Gcreate2(file, c_char_p(b"inner"), none, none, none))
    _link(group, b"outside", target)
    call("H5Gclose", group)
    call("H5Lcreate_soft", c_char_p(b"/inner/outside"), file, c_char_p(b"temperature"), none, none)
    call("H5Fclose", file)
    return path


def _link(group: _ID, name: bytes, target: Path) -> None:
    none = _ID(_DEFAULT)
    call("H5Lcreate_external", c_char_p(bytes(target)), c_char_p(b"/temperature"), group, c_char_p(name), none, none)
