"""Compressed files and archives, tables with tabs, and formats that are refused by their name."""

import gzip
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import cli
from app.ingest import importer
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests.made_files import csv_file, table, time_series

Read = Callable[..., Report]
NAMED = Options("made", "m1")


def zipped(path: Path, contents: dict[str, bytes]) -> Path:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def content_of(folder: Path) -> bytes:
    """Return the bytes of a sound file."""
    return time_series(folder / "sound.nc").read_bytes()


def refused(report: Report, code: str, *words: str) -> None:
    """Assert that the file is refused with this code and one line with these words."""
    assert (report.outcome, report.reason_code) == ("refused", code)
    assert [word for word in words if word not in str(report.reason)] == []


def test_compressed_files_give_the_mission_of_the_plain_one(tmp_path: Path, read: Read) -> None:
    plain = read(time_series(tmp_path / "a.nc")).mission
    (tmp_path / "a.nc.gz").write_bytes(gzip.compress((tmp_path / "a.nc").read_bytes()))
    zipped(tmp_path / "a.zip", {"__MACOSX/._a.nc": b"x", "data/a.nc": (tmp_path / "a.nc").read_bytes()})

    assert plain is not None
    assert read(tmp_path / "a.nc.gz").mission == plain
    assert read(tmp_path / "a.zip").mission == plain


def test_a_compressed_table_is_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(csv_file(tmp_path / "a.csv").read_bytes()))

    assert read(path, NAMED).outcome == "stored"


def test_a_table_with_tabs_is_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in table()), encoding="utf-8")

    report = read(path, NAMED)

    assert report.mission is not None
    assert (report.mission["samples"], report.mission["profiles"]) == (24, 4)


def test_a_decompressed_size_beyond_the_limit_is_refused(tmp_path: Path, read: Read) -> None:
    bomb = tmp_path / "bomb.nc.gz"
    bomb.write_bytes(gzip.compress(bytes(4 << 20)))
    archive = zipped(tmp_path / "bomb.zip", {"a.nc": bytes(4 << 20)})

    refused(read(bomb, HALOCLINE_MAX_FILE_BYTES=1 << 20), "too_large", "decompressed")
    refused(read(archive, HALOCLINE_MAX_FILE_BYTES=1 << 20), "too_large", "decompressed")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_compressed_file_is_refused(tmp_path: Path, read: Read, share: float) -> None:
    for name, data in (
        ("a.nc.gz", gzip.compress(content_of(tmp_path))),
        ("a.zip", zipped(tmp_path / "whole.zip", {"a.nc": content_of(tmp_path)}).read_bytes()),
    ):
        (tmp_path / name).write_bytes(data[: int(len(data) * share)])

    refused(read(tmp_path / "a.nc.gz"), "truncated", "a.nc.gz")
    refused(read(tmp_path / "a.zip"), "truncated", "a.zip")


def test_a_gzip_file_of_several_members_with_padding_is_read(tmp_path: Path, read: Read) -> None:
    data = content_of(tmp_path)
    half = len(data) // 2
    path = tmp_path / "a.nc.gz"
    path.write_bytes(gzip.compress(data[:half]) + gzip.compress(b"") + gzip.compress(data[half:]) + bytes(512))

    assert read(path).mission == read(tmp_path / "sound.nc").mission


@pytest.mark.parametrize(
    "data",
    [
        # A name of 32 MiB in the header, and members without data.
        b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03" + b"x" * (32 << 20),
        gzip.compress(b"") * 5000,
    ],
)
def test_a_hostile_gzip_file_is_refused_at_once(tmp_path: Path, read: Read, data: bytes) -> None:
    path = tmp_path / "a.nc.gz"
    path.write_bytes(data)

    refused(read(path), "truncated", "a.nc.gz")


def tar() -> bytes:
    """Return a tar archive of one file."""
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.nc"), BytesIO())
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code", "word"),
    [
        ("a.bz2", b"BZh91AY&SY", "archive", "bzip2"),
        ("a.tar", tar(), "archive", "tar"),
        ("a.tar.gz", gzip.compress(tar(), mtime=0), "archive", "tar"),
        ("a.nc.gz.gz", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "archive", "twice"),
        ("a.sbd", b"dbd_label:    DBD_ASC(dinkum_binary_data_ascii)file\n", "slocum_raw", "Slocum"),
        ("a.tcd", b"\x00\x12compressed", "slocum_raw", "Slocum"),
        ("a.csv", "time,latitude,longitude\n".encode("utf-16"), "unknown_format", "UTF-16"),
        ("a.nc", b"netcdf a {\ndimensions:\n", "unknown_format", "ncgen"),
        (
            "a.csv",
            b'Error {\n    code=404;\n    message="Not Found: Currently unknown datasetID=x";\n}\n',
            "server_error",
            "404 instead of data: “Not Found: Currently unknown datasetID=x”",
        ),
    ],
)
def test_a_format_that_is_not_read_is_refused_by_its_name(
    tmp_path: Path, read: Read, name: str, content: bytes, code: str, word: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    refused(read(path), code, word)


@pytest.mark.parametrize(
    ("contents", "word"),
    [
        ({"a.nc": b"CDF", "b.nc": b"CDF"}, "2 files"),
        ({}, "0 files"),
        ({"[Content_Types].xml": b"<x/>", "sheet.xml": b"<x/>"}, "CSV"),
        ({f"{number}.nc": b"" for number in range(1001)}, "more than 1000"),
    ],
)
def test_an_archive_of_several_files_is_refused(
    tmp_path: Path, read: Read, contents: dict[str, bytes], word: str
) -> None:
    refused(read(zipped(tmp_path / "a.zip", contents)), "archive", word)


def test_a_folder_contributes_compressed_data_and_names_what_it_skips(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.nc.gz").write_bytes(gzip.compress(content_of(tmp_path)))
    (data / "README.md").write_text("time flies", encoding="utf-8")
    (data / "raw.dbd").write_bytes(b"dbd_label: DBD_ASC\n")
    zipped(data / "many.zip", {"a.nc": b"CDF", "b.nc": b"CDF"})

    selection = importer.selected([data])

    assert selection.files == [data / "a.nc.gz"]
    skipped = {path.name: reason for path, reason in selection.skipped}
    assert sorted(skipped) == ["README.md", "many.zip", "raw.dbd"]
    assert "Slocum" in skipped["raw.dbd"]


def test_the_command_names_skipped_files_on_standard_error(tmp_path: Path, few_basins: Path) -> None:
    time_series(tmp_path / "a.nc")
    (tmp_path / "raw.dbd").write_bytes(b"dbd_label: DBD_ASC\n")

    environment = {"HALOCLINE_BASINS_DIR": str(few_basins)}
    result = CliRunner().invoke(cli, ["ingest", "--dry-run", "--json", str(tmp_path)], env=environment)

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert "skipped" in result.stderr
    assert "raw.dbd: it is a raw file of a Slocum glider" in result.stderr


def test_the_log_of_a_sailbuoy_may_spell_its_positions_in_full(test_data: Path, read: Read) -> None:
    mission = read(test_data / "cases" / "SB18nav.csv").mission

    assert mission is not None
    assert mission["platform"] == "sb18"
    assert mission["distance_m"] == pytest.approx(72_800, rel=1e-3)


def test_a_directory_that_hides_its_size_behind_a_second_signature_is_refused(tmp_path: Path, read: Read) -> None:
    path = zipped(tmp_path / "a.zip", {f"{number}.nc": b"" for number in range(1200)})
    content = bytearray(path.read_bytes())
    # The number of the disk, which the library does not read.
    content[-18:-14] = b"PK\x05\x06"
    path.write_bytes(content)

    refused(read(path), "archive", "more than 1000 files")


def test_a_name_that_is_too_long_for_a_file_system_is_replaced(tmp_path: Path, read: Read) -> None:
    path = zipped(tmp_path / "a.zip", {"\u6d77" * 90 + ".nc": content_of(tmp_path)})

    assert read(path).outcome == "stored"
