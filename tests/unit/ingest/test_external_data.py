"""A NetCDF-4 file cannot make the importer read another file: external storage, links and virtual datasets."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from app.ingest.reports import Report
from tests import external_references
from tests.made_files import rows, time_series

SECRET = b"mongodb://halocline:s3cret@db/"
Read = Callable[..., Report]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Return a file that a client must not read."""
    path = tmp_path / "secret.txt"
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Return the NetCDF-4 file of another client."""
    return time_series(tmp_path / "foreign.nc", {**rows(), "temperature": np.full(len(rows()["time"]), 21.125)})


def test_a_variable_in_external_storage_is_refused_by_name(tmp_path: Path, secret: Path, read: Read) -> None:
    path = external_references.external_storage(tmp_path / "evil.nc", secret)
    with netCDF4.Dataset(path) as file:
        # The attack works on the library.
        assert bytes(file["temperature"][:].astype("u1")) == SECRET[: len(rows()["time"])]

    report = read(path)

    assert (report.outcome, report.reason_code) == ("refused", "external_data")
    assert report.reason == "evil.nc: temperature: its values are stored in another file"


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (external_references.virtual_dataset, "temperature: its values are stored in another file"),
        (external_references.external_link, "temperature: it is a link to another file"),
        (external_references.soft_link_to_external_link, "inner/outside: it is a link to another file"),
    ],
    ids=["virtual dataset", "external link", "soft link"],
)
@pytest.mark.parametrize("has_target", [True, False], ids=["target", "no target"])
def test_a_variable_of_another_netcdf_file_is_refused_by_name(
    tmp_path: Path, foreign: Path, read: Read, write: Callable[..., Path], reason: str, has_target: bool
) -> None:
    path = write(tmp_path / "evil.nc", foreign)
    if not has_target:
        # A virtual dataset without its source would hold fill values, which are wrong numbers.
        foreign.unlink()

    report = read(path)

    assert (report.outcome, report.reason_code) == ("refused", "external_data")
    assert report.reason == f"evil.nc: {reason}"


def test_a_compressed_file_with_external_storage_is_refused(tmp_path: Path, secret: Path, read: Read) -> None:
    path = external_references.external_storage(tmp_path / "evil.nc", secret)
    packed = tmp_path / "evil.nc.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))

    assert read(packed).reason_code == "external_data"


def test_the_target_of_a_link_is_not_opened(tmp_path: Path, read: Read) -> None:
    target = tmp_path / "pipe"
    os.mkfifo(target)
    # To open a pipe without a writer would not return.
    path = external_references.external_link(tmp_path / "evil.nc", target)

    assert read(path).reason_code == "external_data"


def test_a_file_with_groups_and_links_inside_is_read(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "sound.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.createGroup("inner").createVariable("number", "i4")[...] = 1
    before = len(list(Path("/proc/self/fd").iterdir()))

    report = read(path)

    assert report.mission is not None
    assert report.reason_code is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before
