"""Data that arrive by themselves: new datasets of an ERDDAP server, and new files of a folder."""

import json
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from redis import Redis

from app import config
from app.store import spool_stream
from app.tasks import broker, pulls, queue
from app.tasks.attempts import Call
from tests import faulty_server
from tests.integration.tasks.conftest import eventually, waiting
from tests.made_files import rows, table, time_series

Database_ = Database[dict[str, Any]]
NAMES = ("datasetID", "title", "minTime", "maxTime", "minLongitude", "minLatitude", "maxLongitude", "maxLatitude")
START, END = "2020-09-13T12:26:40Z", "2020-09-13T12:49:40Z"


def _datasets(*ids: str, end: str = END) -> bytes:
    """The list of a server with these datasets."""
    listed = [[name, "A title", START, end, 15.5, 55.5, 15.6, 55.6] for name in ids]
    return json.dumps({"table": {"columnNames": NAMES, "rows": listed}}).encode()


def test_only_the_datasets_of_a_server_with_new_data_are_imported(served: config.Settings, db: Database_) -> None:
    content = "".join(",".join(row) + "\n" for row in table(rows(4))).encode()
    with faulty_server.serving() as server:
        faulty_server.Dataset("made-20200913T1226", content, {"title": "Made"}).publish(server)
        server.answers["/erddap/tabledap/allDatasets.json"] = [
            faulty_server.body(_datasets("made-20200913T1226", "other-20200913T1226"))
        ]
        arguments = {"url": server.url("/erddap"), "datasets": ["made-*"], "most": 5}
        app = queue.celery_app(served)
        queue.send(app, "pull", broker.MAINTENANCE, arguments)
        eventually(lambda: db.missions.count_documents({}) == 1 and waiting(served) == 0)

        queue.send(app, "pull", broker.MAINTENANCE, arguments)
        eventually(lambda: db.counters.find_one({"_id": "tasks:pull:done", "n": 2}) and waiting(served) == 0)

    # The second pull has found nothing new.
    assert [doc["outcome"] for doc in db.imports.find()] == ["stored"]


def test_datasets_that_imports_refuse_do_not_keep_others_waiting(served: config.Settings, db: Database_) -> None:
    content = "".join(",".join(row) + "\n" for row in table(rows(4))).encode()
    app = queue.celery_app(served)
    with faulty_server.serving() as server:
        faulty_server.Dataset("made-20200913T1226", content, {"title": "Made"}).publish(server)
        # The first one by name has no data.
        faulty_server.Dataset("bad-20200913T1226", b"no table", {"title": "Bad"}).publish(server)
        listing = _datasets("bad-20200913T1226", "made-20200913T1226")
        server.answers["/erddap/tabledap/allDatasets.json"] = [faulty_server.body(listing)]
        arguments = {"url": server.url("/erddap"), "datasets": ["*"], "most": 1}
        queue.send(app, "pull", broker.MAINTENANCE, arguments)
        eventually(lambda: db.counters.find_one({"_id": "tasks:pull:done", "n": 1}) and waiting(served) == 0)
        queue.send(app, "pull", broker.MAINTENANCE, arguments)
        eventually(lambda: db.counters.find_one({"_id": "tasks:pull:done", "n": 2}) and waiting(served) == 0)

    assert [doc["outcome"] for doc in db.imports.find().sort("at", 1)] == ["refused", "stored"]


def test_a_dataset_is_queued_once_for_its_data(queued: config.Settings, call: Call, db: Database_) -> None:
    state = call.broker
    with faulty_server.serving() as server:

        def pull(end: str) -> int:
            """The number of waiting imports after a pull."""
            listing = faulty_server.body(_datasets("made-20200913T1226", end=end))
            server.answers["/erddap/tabledap/allDatasets.json"] = [listing]
            pulls.pull(call, server.url("/erddap"), ["*"], 5)
            return state.state().depth["imports"]

        # It still waits: its import will fetch the newest data.
        assert [pull(END), pull(END), pull("2020-09-13T13:49:40Z")] == [1, 1, 1]
        with Redis.from_url(queued.redis_broker_url) as client:
            client.delete("halocline:tasks:imports")
        # Imports have refused these data; then there are later ones.
        assert [pull(END), pull("2020-09-13T14:49:40Z")] == [0, 1]


def test_a_file_that_cannot_be_read_keeps_no_other_one_of_the_folder_waiting(
    call: Call, db: Database_, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = spool_stream.put

    def failing(path: Path) -> str:
        if path.name == "bad.nc":
            raise PermissionError(13, "Permission denied", str(path))
        return put(path)

    monkeypatch.setattr(spool_stream, "put", failing)
    for name in ("bad", "made"):
        time_series(tmp_path / f"{name}.nc")
    looks = [pulls.watch(call, "watch-inbox", str(tmp_path), 10) for _ in range(4)]

    assert looks == ["done"] * 4
    # It is logged once, until it changes.
    assert [(doc["file_name"], doc["reason_code"]) for doc in db.imports.find()] == [("bad.nc", "not_found")]
    assert db.counters.find_one({"_id": "imports:refused"})["n"] == 1
    assert [doc["filename"] for doc in db["spool.files"].find()] == ["made.nc"]


def test_a_file_above_the_limit_is_refused_before_it_is_stored(call: Call, db: Database_, tmp_path: Path) -> None:
    limited = Call(call.app, call.settings.model_copy(update={"max_file_bytes": 1024}), call.broker, is_last=False)
    time_series(tmp_path / "made.nc")
    for _ in range(3):
        pulls.watch(limited, "watch-inbox", str(tmp_path), 10)

    assert [doc["reason_code"] for doc in db.imports.find()] == ["too_large"]
    assert db["spool.files"].count_documents({}) == db["spool.chunks"].count_documents({}) == 0


def test_a_file_of_a_folder_is_imported_once_it_no_longer_changes(
    served: config.Settings, db: Database_, tmp_path: Path
) -> None:
    app = queue.celery_app(served)
    arguments = {"entry": "watch-inbox", "folder": str(tmp_path / "inbox"), "most": 10}

    def look(number: int) -> None:
        queue.send(app, "watch", broker.MAINTENANCE, arguments)
        eventually(lambda: db.counters.find_one({"_id": "tasks:watch:done", "n": number}) and waiting(served) == 0)

    (tmp_path / "inbox").mkdir()
    time_series(tmp_path / "inbox/made.nc", rows(2))
    look(1)
    # It grows between two looks.
    time_series(tmp_path / "inbox/made.nc", rows(4))
    look(2)
    assert db.imports.count_documents({}) == 0
    look(3)
    look(4)

    assert [doc["outcome"] for doc in db.imports.find()] == ["stored"]
    assert db.missions.find_one({})["figures"]["profiles"] == 4
