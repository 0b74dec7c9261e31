"""Imports by URL into the store: their source, subsets of missions, and the list of a server's datasets."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo.database import Database

from app import config
from app.cli import cli
from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.remote import urls
from app.ingest.reports import Report
from tests import faulty_server
from tests.faulty_server import Dataset, Server
from tests.made_files import rows, table

# Six samples a profile, a minute apart, from 12:26:40 on.
START = "2020-09-13T12:26:40Z"
ATTRIBUTES = {"id": "made-20200913T1226", "title": "Made mission", "institution": "Made observatory", "license": "CC0"}


def csvp(profiles: int, without: str = "") -> bytes:
    """Return the first profiles of a sample mission as `.csvp`."""
    columns = {name: values for name, values in rows(profiles).items() if name != without}
    return "".join(",".join(row) + "\n" for row in table(columns)).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server without datasets."""
    with faulty_server.serving() as running:
        yield running


@pytest.fixture
def import_dataset(tools: ImportContext, db: Database[dict[str, Any]], server: Server) -> Callable[..., Report]:
    """Import a dataset with these rows and return the report."""

    def run(content: bytes, query: str = "", **attributes: str) -> Report:
        url = Dataset("made_1", content, {**ATTRIBUTES, **attributes}).publish(server)
        (report,) = importer.real([urls.parsed(url + query)], tools)
        return report

    return run


ImportDataset = Callable[..., Report]


def test_a_mission_has_the_url_of_its_source(
    import_dataset: ImportDataset, server: Server, db: Database[dict[str, Any]]
) -> None:
    import_dataset(csvp(4))

    stored = db.missions.find_one({"_id": "made/20200913T1226"}) or {}
    address = server.url("/erddap/tabledap/made_1.csvp")
    assert stored["source"]["file_name"] == address
    assert stored["source"]["size_bytes"] == len(csvp(4))
    assert (stored["metadata"]["institution"], stored["metadata"]["licence"]) == ("Made observatory", "CC0")
    assert [doc["file_name"] for doc in db.imports.find()] == [address]


def test_an_equal_dataset_changes_nothing_and_a_longer_one_replaces(import_dataset: ImportDataset) -> None:
    assert [import_dataset(csvp(4)).outcome, import_dataset(csvp(4)).outcome, import_dataset(csvp(5)).outcome] == [
        "stored",
        "unchanged",
        "replaced",
    ]


@pytest.mark.parametrize(
    ("content", "attributes"),
    [(csvp(6)[: csvp(6).index(b"\n") + 1] + b"\n".join(csvp(6).split(b"\n")[13:]), {}), (csvp(6, "temperature"), {})],
    ids=["later rows only", "fewer variables"],
)
def test_a_subset_never_replaces_a_longer_mission(
    import_dataset: ImportDataset, db: Database[dict[str, Any]], content: bytes, attributes: dict[str, str]
) -> None:
    import_dataset(csvp(4))

    report = import_dataset(content, "?&time>=2020-09-13T12:38:00Z", **attributes)

    assert (report.outcome, report.reason_code) == ("refused", "part_of_mission")
    assert (db.missions.find_one() or {})["figures"]["profiles"] == 4
    assert db.imports.count_documents({"outcome": "refused", "reason_code": "part_of_mission"}) == 1


def test_a_subset_that_contains_all_stored_data_replaces_the_mission(import_dataset: ImportDataset) -> None:
    import_dataset(csvp(4))

    assert import_dataset(csvp(6), f"?&time>={START}").outcome == "replaced"


def test_the_complete_dataset_replaces_a_subset_with_the_same_end(
    import_dataset: ImportDataset, db: Database[dict[str, Any]]
) -> None:
    subset = csvp(4)[: csvp(4).index(b"\n") + 1] + b"\n".join(csvp(4).split(b"\n")[13:])
    import_dataset(subset, "?&time>=2020-09-13T12:38:00Z")
    codes = [warning["code"] for warning in (db.missions.find_one() or {})["warnings"]]

    report = import_dataset(csvp(4))

    assert "part_of_dataset" in codes
    assert report.outcome == "replaced", report.reason
    assert (db.missions.find_one() or {})["figures"]["profiles"] == 4


def test_a_subset_of_a_lower_mode_is_refused_for_its_mode(import_dataset: ImportDataset) -> None:
    import_dataset(csvp(4), data_mode="D")

    assert import_dataset(csvp(6), f"?&time>={START}", data_mode="R").reason_code == "lower_mode"


def test_a_failed_download_is_logged_and_the_next_dataset_is_imported(
    tools: ImportContext, db: Database[dict[str, Any]], server: Server
) -> None:
    sound = Dataset("made_1", csvp(4), ATTRIBUTES).publish(server)
    addresses = [urls.parsed(server.url("/erddap/tabledap/none")), urls.parsed(sound)]

    reports = list(importer.real(addresses, tools))

    assert [report.outcome for report in reports] == ["refused", "stored"]
    logged = db.imports.find_one({"outcome": "refused"}) or {}
    assert (logged["reason_code"], logged["sha256"]) == ("server_error", None)
    assert "404 (Not Found): “Not Found: no such thing”" in logged["reason"]


def test_a_recorded_dataset_gives_the_figures_of_its_file(
    tools: ImportContext, db: Database[dict[str, Any]], real: Path, server: Server
) -> None:
    content = (real / "erddap/whoi_406-20160902T1700.csvp.csv").read_bytes()
    url = Dataset("whoi_406-20160902T1700", content).publish(server)
    server.answers["/erddap/tabledap/whoi_406-20160902T1700.csvp"] = [faulty_server.compressed(content)]

    (report,) = importer.real([urls.parsed(url + ".html")], tools)

    assert report.outcome == "stored", report.reason
    mission = report.mission or {}
    assert (mission["platform"], mission["mission"]) == ("whoi_406", "20160902T1700")
    assert (mission["samples"], mission["profiles"]) == (54245, 545)
    assert mission["distance_m"] == pytest.approx(340_960.6, rel=1e-3)


def dataset_list(*datasets: tuple[str, str | None]) -> bytes:
    """Return the server's list of datasets with these ids and ends."""
    names = ["datasetID", "title", "minTime", "maxTime", "minLongitude", "minLatitude", "maxLongitude", "maxLatitude"]
    body = [[name, "A title\nof two lines", START, end, 15.5, 55.5, 15.6, None] for name, end in datasets]
    return json.dumps({"table": {"columnNames": names, "rows": body}}).encode()


@pytest.fixture
def erddap(settings: config.Settings, server: Server) -> Callable[..., tuple[int, list[str]]]:
    """Run `halocline erddap` on a list; return its exit status and lines."""

    def run(*arguments: str, content: bytes, uri: str = settings.mongodb_uri) -> tuple[int, list[str]]:
        server.answers["/erddap/tabledap/allDatasets.json"] = [faulty_server.body(content)]
        environment = {
            "MONGODB_URI": uri,
            "MONGODB_DATABASE": settings.mongodb_database,
            "MONGODB_TIMEOUT_MS": "500" if uri != settings.mongodb_uri else "10000",
            "HALOCLINE_FETCH_BACKOFF_S": "0",
        }
        result = CliRunner().invoke(cli, ["erddap", server.url("/erddap"), *arguments], env=environment)
        return result.exit_code, result.stdout.splitlines()

    return run


RunErddap = Callable[..., tuple[int, list[str]]]
FOUR = [("made_1", "2020-09-13T12:49:40Z"), ("made-20200913T1226", "2020-09-14T00:00:00Z"), ("z", None), ("a b", None)]


def test_the_datasets_of_a_server_are_compared_with_the_store(
    import_dataset: ImportDataset, erddap: RunErddap, server: Server
) -> None:
    assert (import_dataset(csvp(4)).mission or {})["end_at"] == "2020-09-13T12:49:40.000Z"

    status, lines = erddap(content=dataset_list(*FOUR))

    assert (status, len(lines)) == (0, 3)
    span = "2020-09-13T12:26Z to 2020-09-14T00:00Z"
    assert lines[0].startswith(f"newer   made-20200913T1226: {span}, no bounding box, A title of")
    assert lines[1].startswith("current made_1: ")
    assert lines[2].startswith("new     z: 2020-09-13T12:26Z to ?, ")


def test_the_urls_of_new_and_newer_datasets_are_printed(
    import_dataset: ImportDataset, erddap: RunErddap, server: Server
) -> None:
    import_dataset(csvp(4))

    _, lines = erddap("--urls", content=dataset_list(*FOUR))

    assert lines == [server.url("/erddap/tabledap/made-20200913T1226.csvp"), server.url("/erddap/tabledap/z.csvp")]


def test_without_the_store_the_state_of_datasets_is_unknown(erddap: RunErddap) -> None:
    status, (line,) = erddap("--json", content=dataset_list(FOUR[0]), uri="mongodb://127.0.0.1:1")

    dataset = json.loads(line)
    assert (status, dataset["state"], dataset["dataset"]) == (0, "unknown", "made_1")
    assert datetime.fromisoformat(dataset["end_at"]) == datetime(2020, 9, 13, 12, 49, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"table": {"columnNames": ["datasetID"], "rows": [[1]]}}', b"<html>"]
)
def test_an_invalid_list_is_an_error(erddap: RunErddap, content: bytes) -> None:
    status, lines = erddap(content=content)

    assert (status, lines) == (1, [])
