"""A damaged file that hangs, crashes or devours memory is refused, and the next one is read."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import pytest

from app import config
from app.ingest import context, importer
from app.ingest.context import ImportContext
from app.ingest.formats import detection
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from app.ingest.sandbox.process import ReaderProcess
from tests.made_files import csv_file, looping_file, time_series

# The reader process, except that a file called `bad` meets what a damaged file makes of the library.
_DOUBLE = """
import ctypes, os, signal, stat, sys, time
from app.ingest.sandbox import child
from app.ingest.formats import detection
sound = detection.read
def write(content):
    for fd in range(3, 20):
        try:
            stat.S_ISFIFO(os.fstat(fd).st_mode) and os.write(fd, content)
        except OSError:
            pass
def read(path, limits, about):
    if path.name == "bad":
        {bad}
    return sound(path, limits, about)
detection.read = read
child.main()
"""

Dry = Callable[..., list[Report]]


@pytest.fixture
def read(tools: ImportContext) -> Callable[..., Report]:
    """The report of a dry run on one file, read by the reader process."""

    def run(path: Path, **settings: object) -> Report:
        chosen = context.import_context(config.load(**settings), Options(), tools.basins)
        (report,) = importer.dry([path], chosen)
        return report

    return run


@pytest.fixture
def dry(tmp_path: Path, tools: ImportContext) -> Dry:
    """The reports of a dry run on `bad` and a sound file after it; the reader does `bad` at the first."""

    def run(bad: str, timeout_s: float = 30) -> list[Report]:
        files = [csv_file(tmp_path / "bad"), time_series(tmp_path / "sound.nc")]
        double = (sys.executable, "-c", _DOUBLE.format(bad=bad), "INFO")
        reader = ReaderProcess(timeout_s, 1 << 30, command=double)
        reports = importer.dry(files, replace(tools, reader=reader))
        refused = next(reports)
        # The deadline includes the start of the next process, which takes seconds on a busy machine.
        reader._timeout_s = 60
        return [refused, *reports]

    return run


@pytest.mark.parametrize(
    ("bad", "timeout_s", "said"),
    [
        # Time enough for a process to start, but not for ever.
        pytest.param("time.sleep(600)", 5, "takes more than 5 s", id="hangs"),
        pytest.param("os.kill(os.getpid(), signal.SIGSEGV)", 30, "SIGSEGV", id="crashes"),
        pytest.param("ctypes.string_at(0)", 30, "SIGSEGV", id="reads where nothing is"),
        pytest.param("os._exit(3)", 30, "status 3", id="ends"),
        pytest.param("bytearray(8 << 30)", 30, "more memory", id="asks for gigabytes"),
        pytest.param("write(b'x' * 100)", 30, "invalid response", id="writes into the answer"),
    ],
)
def test_a_file_that_ends_the_reader_is_refused_and_the_next_is_read(
    dry: Dry, bad: str, timeout_s: float, said: str
) -> None:
    first, second = dry(bad, timeout_s)

    assert (first.outcome, first.reason_code) == ("refused", "unreadable")
    assert said in (first.reason or "")
    assert second.outcome == "stored"


def test_a_file_in_which_the_library_loops_for_ever_is_refused(tmp_path: Path, read: Callable[..., Report]) -> None:
    report = read(looping_file(tmp_path / "a.nc"), HALOCLINE_READER_TIMEOUT_S=3)

    assert (report.outcome, report.reason_code) == ("refused", "unreadable")
    assert "takes more than 3 s" in (report.reason or "")


def test_a_header_that_asks_for_gigabytes_is_refused(tmp_path: Path, read: Callable[..., Report]) -> None:
    made = time_series(tmp_path / "made.nc")
    with netCDF4.Dataset(made) as source, netCDF4.Dataset(tmp_path / "a.nc", "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", source.dimensions["time"].size)
        file.createVariable("time", "f8", ("time",)).units = "seconds since 1970-01-01"
    damaged = tmp_path / "a.nc"
    text = damaged.read_bytes()
    # The length of the attribute's text, which stands before it: two thousand million.
    damaged.write_bytes(text.replace(b"\0\0\0\x18seconds since", b"\x7f\0\0\x18seconds since"))

    report = read(damaged)

    assert (report.outcome, report.reason_code) == ("refused", "unreadable")


def test_what_is_read_is_the_same_in_the_process_and_beside_it(tmp_path: Path, tools: ImportContext) -> None:
    path = time_series(tmp_path / "a.nc", attributes={"odd": float("nan"), "text": "a“"})

    with ReaderProcess(60, 1 << 30) as reader:
        there = reader.read(path, tools.limits)
    here = detection.read(path, tools.limits)

    assert repr(there) == repr(here)
    assert there.time_ms.tobytes() == here.time_ms.tobytes()


def test_a_limit_on_memory_is_too_small_for_no_sound_file(tmp_path: Path, tools: ImportContext) -> None:
    least = 256 << 20
    with pytest.raises(config.SettingsError, match="HALOCLINE_READER_MEMORY_BYTES"):
        config.load(HALOCLINE_READER_MEMORY_BYTES=least - 1)

    (report,) = importer.dry([time_series(tmp_path / "a.nc")], replace(tools, reader=ReaderProcess(60, least)))

    assert report.outcome == "stored"
