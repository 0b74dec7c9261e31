"""Parts of an HDF5 file that are stored in other files: they would publish any file that the importer can read.

HDF5 follows three kinds of references: external links, external storage of a dataset and sources of a virtual dataset.
netCDF4 offers no function to detect them, so that the HDF5 library that it has loaded is called directly.
"""

import ctypes
import importlib
import os
from ctypes import POINTER, c_char_p, c_int, c_int64, c_uint, c_ulong, c_void_p
from pathlib import Path
from typing import Any

from app.domain.printable import one_line
from app.ingest.refusals import Refused

# Constants of H5Fpublic.h, H5Lpublic.h, H5Opublic.h and H5Dpublic.h.
_READ_ONLY = 0
_LINK_TYPES_INSIDE_FILE = (0, 1)  # Hard and soft links.
_INFO_BASIC = 1
_DATASET = 1
_VIRTUAL = 3
_STOP, _CONTINUE, _ERROR = 1, 0, -1
# A damaged file may list other links by name than by creation order; netCDF uses both.
_INDEXES = (0, 1)
_ASCENDING = 0

# Classic NetCDF, which has no references.
_CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")


class _LinkInfo(ctypes.Structure):
    """The first field of H5L_info2_t."""

    _fields_ = (("type", c_int),)


class _ObjectInfo(ctypes.Structure):
    """The first fields of H5O_info2_t."""

    _fields_ = (("file_number", c_ulong), ("token", ctypes.c_uint8 * 16), ("type", c_int))


_LINK_CALLBACK = ctypes.CFUNCTYPE(c_int, c_int64, c_char_p, POINTER(_LinkInfo), c_void_p)
_OBJECT_CALLBACK = ctypes.CFUNCTYPE(c_int, c_int64, c_char_p, POINTER(_ObjectInfo), c_void_p)

# A symbol is looked up in a library and in those that it depends on: this is the HDF5 library that netCDF4 uses.
_HDF5 = ctypes.CDLL(importlib.import_module("netCDF4._netCDF4").__file__)


def _function(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_HDF5, name)
    function.restype, function.argtypes = result, arguments
    return function


_open_file = _function("H5Fopen", c_int64, c_char_p, c_uint, c_int64)
_close_file = _function("H5Fclose", c_int, c_int64)
_visit_links = _function("H5Lvisit2", c_int, c_int64, c_int, c_int, _LINK_CALLBACK, c_void_p)
_visit_objects = _function("H5Ovisit3", c_int, c_int64, c_int, c_int, _OBJECT_CALLBACK, c_void_p, c_uint)
_open_object = _function("H5Oopen", c_int64, c_int64, c_char_p, c_int64)
_close_object = _function("H5Oclose", c_int, c_int64)
_creation_properties = _function("H5Dget_create_plist", c_int64, c_int64)
_close_properties = _function("H5Pclose", c_int, c_int64)
_layout = _function("H5Pget_layout", c_int, c_int64)
_external_count = _function("H5Pget_external_count", c_int, c_int64)
_set_error_output = _function("H5Eset_auto2", c_int, c_int64, c_void_p, c_void_p)


def require_none(path: Path) -> None:
    """Raise Refused if a part of the file is stored in another file. Other files are not opened.

    The caller holds the lock of the library.
    """
    with path.open("rb") as stream:
        if stream.read(4) in _CLASSIC:
            return
    _set_error_output(0, None, None)
    file = _open_file(os.fsencode(path), _READ_ONLY, 0)
    if file < 0:
        raise _damaged()
    try:
        for index in _INDEXES:
            _require_links_inside(file, index)
            _require_data_inside(file, index)
    finally:
        _close_file(file)


def _require_links_inside(file: int, index: int) -> None:
    names: list[bytes] = []

    def visit(_group: int, name: bytes, info: Any, _data: Any) -> int:
        if info[0].type in _LINK_TYPES_INSIDE_FILE:
            return _CONTINUE
        names.append(name)
        return _STOP

    status = _visit_links(file, index, _ASCENDING, _LINK_CALLBACK(visit), None)
    _require_none_found(status, names, "it is a link to another file")


def _require_data_inside(file: int, index: int) -> None:
    names: list[bytes] = []

    def visit(parent: int, name: bytes, info: Any, _data: Any) -> int:
        if info[0].type != _DATASET:
            return _CONTINUE
        is_inside = _is_stored_inside(parent, name)
        if is_inside is None:
            return _ERROR
        if is_inside:
            return _CONTINUE
        names.append(name)
        return _STOP

    status = _visit_objects(file, index, _ASCENDING, _OBJECT_CALLBACK(visit), None, _INFO_BASIC)
    _require_none_found(status, names, "its values are stored in another file")


def _is_stored_inside(parent: int, name: bytes) -> bool | None:
    """True if the file itself holds the values of the dataset; None if the dataset is damaged."""
    dataset = _open_object(parent, name, 0)
    if dataset < 0:
        return None
    properties = _creation_properties(dataset)
    try:
        if properties < 0:
            return None
        layout, count = _layout(properties), _external_count(properties)
        return None if layout < 0 or count < 0 else layout != _VIRTUAL and count == 0
    finally:
        if properties >= 0:
            _close_properties(properties)
        _close_object(dataset)


def _require_none_found(status: int, names: list[bytes], cause: str) -> None:
    if names:
        raise Refused("external_data", cause, one_line(names[0].decode("utf-8", "replace"))[:120])
    if status < 0:
        raise _damaged()


def _damaged() -> Refused:
    return Refused("truncated", "the file cannot be read to its end: its HDF5 structure is damaged")
