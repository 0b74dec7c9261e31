"""What is given on the command line as a file on this disk: as it lies there, or fetched for as long as it is read."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from app.domain.printable import one_line
from app.ingest.interpret.subset_history import narrowing
from app.ingest.refusals import Refused
from app.ingest.remote.http_download import Patience, fetch
from app.ingest.remote.urls import ALL_DATASETS, Address
from app.ingest.sources.erddap_metadata import About

# ERDDAP's widest dataset describes itself in half of that.
_MOST_INFO_BYTES = 4 << 20

Given = Path | Address


@dataclass(frozen=True, slots=True)
class Local:
    """A file on this disk, and the description that its server has of it."""

    path: Path
    about: About | None = None
    address: str | None = None


def patience(settings: Settings) -> Patience:
    """How this installation deals with servers."""
    return Patience(
        connect_s=settings.fetch_connect_timeout_s,
        read_s=settings.fetch_read_timeout_s,
        total_s=settings.fetch_timeout_s,
        attempts=settings.fetch_attempts,
        backoff_s=settings.fetch_backoff_s,
        hosts=settings.fetch_hosts,
    )


def name_of(given: Given) -> str:
    """What a file is called in logs and in the store: the name of a path, the address of what was fetched."""
    return one_line(given.name if isinstance(given, Path) else given.shown)


@contextmanager
def local(given: Given, most_bytes: int, patience: Patience) -> Iterator[Local]:
    """The file, which is gone afterwards when it was fetched. Raises Refused when that fails."""
    if isinstance(given, Path):
        yield Local(given)
        return
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
        path = Path(folder, "data")
        if given.dataset is None:
            fetch(given.url, given.credentials, path, most_bytes, patience)
            yield Local(path, address=given.shown)
            return
        if given.dataset == ALL_DATASETS:
            raise Refused("not_observations", "this is the list of all datasets: show it with `halocline erddap`")
        info = Path(folder, "info")
        fetch(given.info_url(), given.credentials, info, _MOST_INFO_BYTES, patience)
        fetch(given.table_url(), given.credentials, path, most_bytes, patience)
        is_part = bool(narrowing(given.asked()[1]))
        yield Local(path, About(str(info), given.dataset, given.shown, is_part), given.shown)
