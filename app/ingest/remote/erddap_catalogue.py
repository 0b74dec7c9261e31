"""What datasets an ERDDAP has, and which of them reach further than what is stored."""

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
from app.ingest.interpret import identity
from app.ingest.refusals import Refused
from app.ingest.remote.http_download import Patience, fetch
from app.ingest.remote.urls import ALL_DATASETS, Address

# "unknown" when the store was not asked, or when the server does not say how far a dataset reaches.
State = Literal["new", "newer", "held", "unknown"]
Held = Mapping[str, datetime]

# Ten thousand datasets with long titles.
_MOST_BYTES = 16 << 20
_NAMES = ("datasetID", "title", "minTime", "maxTime", "minLongitude", "minLatitude", "maxLongitude", "maxLatitude")
# Servers leave the fraction of the last second out.
_TOLERANCE = timedelta(seconds=1)
_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as its server lists it. `mission` is `platform/mission` when the id names it."""

    id: str
    url: str
    title: str
    start_at: datetime | None
    end_at: datetime | None
    bbox: Bbox | None
    mission: str | None

    def state(self, held: Held | None) -> State:
        """How it stands to what is held: the ends of stored data by address and by mission, None when nobody knows."""
        if held is None:
            return "unknown"
        stored_at = held.get(self.url) or held.get(self.mission or "")
        if stored_at is None:
            return "new"
        if self.end_at is None:
            return "unknown"
        return "newer" if self.end_at - stored_at >= _TOLERANCE else "held"


def datasets(address: Address, patience: Patience) -> list[Dataset]:
    """The tables that the server lists, by id. Raises Refused."""
    if address.root is None:
        raise Refused("not_observations", "this is not the address of an ERDDAP, such as https://a.example/erddap")
    query = quote(",".join(_NAMES) + '&dataStructure="table"', safe=",&=")
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
        path = Path(folder, "datasets")
        fetch(f"{address.root}/tabledap/allDatasets.json?{query}", address.credentials, path, _MOST_BYTES, patience)
        try:
            table = orjson.loads(path.read_bytes())["table"]
            places = [table["columnNames"].index(name) for name in _NAMES]
            found = [_dataset(address.root, *(row[place] for place in places)) for row in table["rows"]]
        except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise Refused("server_error", "the server's list of datasets is none") from error
    return sorted((dataset for dataset in found if dataset is not None), key=lambda dataset: dataset.id)


def keys(found: list[Dataset]) -> Iterator[str]:
    """The addresses and missions to look up for them."""
    for dataset in found:
        yield dataset.url
        if dataset.mission:
            yield dataset.mission


def _dataset(root: str, name: Any, title: Any, start: Any, end: Any, *box: Any) -> Dataset | None:
    if not isinstance(name, str) or not _ID.fullmatch(name) or name == ALL_DATASETS:
        return None
    known = all(isinstance(edge, int | float) for edge in box)
    return Dataset(
        id=name,
        url=f"{root}/tabledap/{name}.csvp",
        title=one_line(str(title or "")),
        start_at=times.parsed(start),
        end_at=times.parsed(end),
        bbox=(float(box[0]), float(box[1]), float(box[2]), float(box[3])) if known else None,
        mission=identity.mission_named_by(name),
    )
