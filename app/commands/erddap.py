"""`halocline erddap`: list datasets as text, as JSON lines, or only the URLs of those with data not yet stored."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import orjson
from pymongo.errors import PyMongoError

from app import extensions
from app.config import Settings
from app.ingest.remote import erddap_catalogue, local_copy
from app.ingest.remote.erddap_catalogue import Dataset, StoredEnds
from app.ingest.remote.urls import Address
from app.store import missions

Form = Literal["lines", "json", "urls"]


def run(address: Address, settings: Settings, form: Form) -> int:
    """List the datasets of the server, and return exit status 0. Raises Refused.

    If MongoDB is unreachable, print a notice and list the datasets without the comparison.
    """
    datasets = erddap_catalogue.datasets(address, local_copy.fetch_policy(settings))
    stored = _stored_ends(datasets, settings)
    for text in _lines(datasets, stored, form):
        sys.stdout.write(f"{text}\n")
    return 0


def _stored_ends(datasets: list[Dataset], settings: Settings) -> StoredEnds | None:
    try:
        extensions.mongo.bind(settings)
        return missions.ends(list(erddap_catalogue.keys(datasets)))
    except PyMongoError:
        sys.stderr.write("halocline: MongoDB is unreachable: nothing is compared with the stored data\n")
        return None
    finally:
        extensions.mongo.close()


def _lines(datasets: list[Dataset], stored: StoredEnds | None, form: Form) -> Iterator[str]:
    for dataset in datasets:
        state = dataset.state(stored)
        if form == "json":
            fields = {
                "dataset": dataset.id, "state": state, "url": dataset.url, "title": dataset.title,
                "start_at": dataset.start_at, "end_at": dataset.end_at, "bbox": dataset.bbox,
            }  # fmt: skip
            yield orjson.dumps(fields, option=orjson.OPT_UTC_Z).decode()
        elif form == "lines":
            box = " ".join(f"{edge:.2f}" for edge in dataset.bbox) if dataset.bbox else "no bounding box"
            span = f"{_to_minute(dataset.start_at)} to {_to_minute(dataset.end_at)}"
            yield f"{state:<7} {dataset.id}: {span}, {box}, {dataset.title}"
        elif state in ("new", "newer"):
            yield dataset.url


def _to_minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment else "?"
