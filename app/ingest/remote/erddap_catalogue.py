"""The datasets of an ERDDAP, and which of them have later data than the store."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import orjson

from app.domain import times
from app.domain.printable import one_line
from app.domain.records import Bbox
from app.ingest.formats import mission_ids
from app.ingest.refusals import Refused
from app.ingest.remote.http_download import FetchPolicy, fetch
from app.ingest.remote.urls import ALL_DATASETS, Address

# "unknown" if the store is unreachable, or if the server does not report the end of a dataset.
State = Literal["new", "newer", "current", "unknown"]
# The end of the stored data by URL and by mission.
StoredEnds = Mapping[str, datetime]

# Ten thousand datasets with long titles.
_MOST_BYTES = 16 << 20
_NAMES = ("datasetID", "title", "minTime", "maxTime", "minLongitude", "minLatitude", "maxLongitude", "maxLatitude")
# Servers omit the fraction of the last second.
_TOLERANCE = timedelta(seconds=1)
_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as its server lists it. `mission` is `platform/mission` if the id names one."""

    id: str
    url: str
    title: str
    start_at: datetime | None
    end_at: datetime | None
    bbox: Bbox | None
    mission: str | None

    def state(self, stored: StoredEnds | None) -> State:
        """The dataset compared with the store; `stored` is None if the store is unreachable."""
        if stored is None:
            return "unknown"
        stored_end_at = stored.get(self.url) or stored.get(self.mission or "")
        if stored_end_at is None:
            return "new"
        if self.end_at is None:
            return "unknown"
        return "newer" if self.end_at - stored_end_at >= _TOLERANCE else "current"


def datasets(address: Address, policy: FetchPolicy) -> list[Dataset]:
    """The tables that the server lists, by id. Raises Refused."""
    if address.root is None:
        raise Refused("not_observations", "this is not the URL of an ERDDAP, such as https://a.example/erddap")
    query = quote(",".join(_NAMES) + '&dataStructure="table"', safe=",&=")
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
        path = Path(folder, "datasets")
        fetch(f"{address.root}/tabledap/allDatasets.json?{query}", address.credentials, path, _MOST_BYTES, policy)
        try:
            table = orjson.loads(path.read_bytes())["table"]
            indexes = [table["columnNames"].index(name) for name in _NAMES]
            listed = [_dataset(address.root, *(row[index] for index in indexes)) for row in table["rows"]]
        except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise Refused("server_error", "the server's list of datasets is not valid") from error
    return sorted((dataset for dataset in listed if dataset is not None), key=lambda dataset: dataset.id)


def keys(datasets: list[Dataset]) -> Iterator[str]:
    """The URLs and missions to look up in the store."""
    for dataset in datasets:
        yield dataset.url
        if dataset.mission:
            yield dataset.mission


def _dataset(root: str, name: Any, title: Any, start: Any, end: Any, *box: Any) -> Dataset | None:
    if not isinstance(name, str) or not _ID.fullmatch(name) or name == ALL_DATASETS:
        return None
    has_box = all(isinstance(edge, int | float) for edge in box)
    return Dataset(
        id=name,
        url=f"{root}/tabledap/{name}.csvp",
        title=one_line(str(title or "")),
        start_at=times.parsed(start),
        end_at=times.parsed(end),
        bbox=(float(box[0]), float(box[1]), float(box[2]), float(box[3])) if has_box else None,
        mission=mission_ids.mission_of(name),
    )
