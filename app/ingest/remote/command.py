"""`halocline erddap`: one line a dataset, or one JSON object a line, or only the addresses of what is worth taking."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import orjson
from pymongo.errors import PyMongoError

from app import extensions
from app.config import Settings
from app.ingest.remote import erddap_catalogue, local_copy
from app.ingest.remote.urls import Address
from app.store import missions

Form = Literal["lines", "json", "urls"]


def run(address: Address, settings: Settings, form: Form) -> int:
    """Lists the server's datasets; 0. Without the store it says so and compares nothing. Raises Refused."""
    found = erddap_catalogue.datasets(address, local_copy.patience(settings))
    held = _held(found, settings)
    for text in _lines(found, held, form):
        sys.stdout.write(f"{text}\n")
    return 0


def _held(found: list[erddap_catalogue.Dataset], settings: Settings) -> erddap_catalogue.Held | None:
    try:
        extensions.mongo.bind(settings)
        return missions.ends(list(erddap_catalogue.keys(found)))
    except PyMongoError:
        sys.stderr.write("halocline: MongoDB does not answer: nothing is compared with what is stored\n")
        return None
    finally:
        extensions.mongo.close()


def _lines(found: list[erddap_catalogue.Dataset], held: erddap_catalogue.Held | None, form: Form) -> Iterator[str]:
    for dataset in found:
        state = dataset.state(held)
        if form == "json":
            said = {
                "dataset": dataset.id, "state": state, "url": dataset.url, "title": dataset.title,
                "start_at": dataset.start_at, "end_at": dataset.end_at, "bbox": dataset.bbox,
            }  # fmt: skip
            yield orjson.dumps(said, option=orjson.OPT_UTC_Z).decode()
        elif form == "lines":
            box = " ".join(f"{edge:.2f}" for edge in dataset.bbox) if dataset.bbox else "no box"
            span = f"{_minute(dataset.start_at)} to {_minute(dataset.end_at)}"
            yield f"{state:<7} {dataset.id}: {span}, {box}, {dataset.title}"
        elif state in ("new", "newer"):
            yield dataset.url


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment else "?"
