"""Data that arrive by themselves: new datasets of an ERDDAP server, and new files of a folder."""

import json
from pathlib import Path
from typing import Any

from pymongo.database import Database

from app import config
from app.tasks import broker, queue
from tests import faulty_server
from tests.integration.tasks.conftest import eventually, waiting
from tests.made_files import rows, table, time_series

Database_ = Database[dict[str, Any]]
NAMES = ("datasetID", "title", "minTime", "maxTime", "minLongitude", "minLatitude", "maxLongitude", "maxLatitude")
START, END = "2020-09-13T12:26:40Z", "2020-09-13T12:49:40Z"


def _datasets(*ids: str) -> bytes:
    """The list of a server with these datasets."""
    listed = [[name, "A title", START, END, 15.5, 55.5, 15.6, 55.6] for name in ids]
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
