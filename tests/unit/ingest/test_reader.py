"""A damaged file that hangs the reader, crashes it or exhausts its memory is refused, and the next one is read."""

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

# The reader process, except that it runs the code of `bad` at a file with that name, as a damaged file may cause.
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

# A response whose arrays of flags alone would take 20 GB.
_FLAGS_OF_NOTHING = (
    "import json; many = 100_000; numbers = ['<i8', *['<f8'] * 4, '<i8']; "
    "header = json.dumps({'rows': 200_000, 'columns': [], 'flags': [str(n) for n in range(many)], "
    "'dtypes': numbers + ['|i1'] * many}).encode(); "
    "write(len(header).to_bytes(8, 'big') + header); time.sleep(600)"
)

Dry = Callable[..., list[Report]]


@pytest.fixture
def read(tools: ImportContext) -> Callable[..., Report]:
    """Return the report of a dry run on one file, read by the reader process."""

    def run(path: Path, **settings: object) -> Report:
        import_context = context.import_context(config.load(**settings), Options(), tools.basins)
        (report,) = importer.dry([path], import_context)
        return report

    return run


@pytest.fixture
def dry(tmp_path: Path, tools: ImportContext) -> Dry:
    """Return the reports of a dry run on two files: at the first, the reader runs `bad`; the second is sound."""

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
    ("bad", "timeout_s", "reason"),
    [
        # Long enough for the start of a process on a busy machine.
        pytest.param("time.sleep(600)", 5, "takes more than 5 s", id="hangs"),
        pytest.param("os.kill(os.getpid(), signal.SIGSEGV)", 30, "SIGSEGV", id="crashes"),
        pytest.param("ctypes.string_at(0)", 30, "SIGSEGV", id="reads an invalid address"),
        pytest.param("os._exit(3)", 30, "status 3", id="ends"),
        pytest.param("bytearray(8 << 30)", 30, "more memory", id="allocates gigabytes"),
        pytest.param("write(b'x' * 100)", 30, "invalid response", id="writes into the response"),
        pytest.param(_FLAGS_OF_NOTHING, 30, "invalid response", id="declares more flags than columns"),
    ],
)
def test_a_file_that_stops_the_reader_is_refused_and_the_next_is_read(
    dry: Dry, bad: str, timeout_s: float, reason: str
) -> None:
    first, second = dry(bad, timeout_s)

    assert (first.outcome, first.reason_code) == ("refused", "unreadable")
    assert reason in (first.reason or "")
    assert second.outcome == "stored"


def test_a_file_that_makes_the_library_loop_for_ever_is_refused(tmp_path: Path, read: Callable[..., Report]) -> None:
    report = read(looping_file(tmp_path / "a.nc"), HALOCLINE_READER_TIMEOUT_S=3)

    assert (report.outcome, report.reason_code) == ("refused", "unreadable")
    assert "takes more than 3 s" in (report.reason or "")


def test_a_header_that_declares_gigabytes_is_refused(tmp_path: Path, read: Callable[..., Report]) -> None:
    sound = time_series(tmp_path / "sound.nc")
    with netCDF4.Dataset(sound) as source, netCDF4.Dataset(tmp_path / "a.nc", "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", source.dimensions["time"].size)
        file.createVariable("time", "f8", ("time",)).units = "seconds since 1970-01-01"
    damaged = tmp_path / "a.nc"
    text = damaged.read_bytes()
    # The length of the attribute's text precedes it: set it to two thousand million.
    damaged.write_bytes(text.replace(b"\0\0\0\x18seconds since", b"\x7f\0\0\x18seconds since"))

    report = read(damaged)

    assert (report.outcome, report.reason_code) == ("refused", "unreadable")


def test_the_reader_process_returns_the_same_rows_as_a_direct_read(tmp_path: Path, tools: ImportContext) -> None:
    path = time_series(tmp_path / "a.nc", attributes={"odd": float("nan"), "text": "a“"})

    with ReaderProcess(60, 1 << 30) as reader:
        by_process = reader.read(path, tools.limits)
    direct = detection.read(path, tools.limits)

    assert repr(by_process) == repr(direct)
    assert by_process.time_ms.tobytes() == direct.time_ms.tobytes()


def test_the_smallest_allowed_memory_limit_is_enough_for_a_sound_file(tmp_path: Path, tools: ImportContext) -> None:
    least = 256 << 20
    with pytest.raises(config.SettingsError, match="HALOCLINE_READER_MEMORY_BYTES"):
        config.load(HALOCLINE_READER_MEMORY_BYTES=least - 1)

    (report,) = importer.dry([time_series(tmp_path / "a.nc")], replace(tools, reader=ReaderProcess(60, least)))

    assert report.outcome == "stored"
