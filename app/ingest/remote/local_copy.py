"""A local copy of an input: the file itself for a path, a temporary download for a URL."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.config import Settings
from app.domain.printable import one_line
from app.ingest.formats import compressed
from app.ingest.formats.erddap_metadata import About
from app.ingest.formats.subset_history import narrowing
from app.ingest.refusals import Refused
from app.ingest.remote.http_download import FetchPolicy, fetch
from app.ingest.remote.urls import ALL_DATASETS, Address

# The description of ERDDAP's widest dataset takes half of that.
_MOST_INFO_BYTES = 4 << 20

Input = Path | Address


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """A file on this disk, with its server's description and URL if it was downloaded."""

    path: Path
    about: About | None = None
    address: str | None = None


def fetch_policy(settings: Settings) -> FetchPolicy:
    """The deadlines, retries and trusted hosts of this installation."""
    return FetchPolicy(
        connect_s=settings.fetch_connect_timeout_s,
        read_s=settings.fetch_read_timeout_s,
        total_s=settings.fetch_timeout_s,
        attempts=settings.fetch_attempts,
        backoff_s=settings.fetch_backoff_s,
        hosts=settings.fetch_hosts,
    )


def name_of(source: Input) -> str:
    """The name of a file in logs and in the store: the name of a path, the URL of a download."""
    return one_line(source.name if isinstance(source, Path) else source.shown)


@contextmanager
def local_copy(source: Input, most_bytes: int, policy: FetchPolicy) -> Iterator[LocalCopy]:
    """The file, unpacked if it is compressed; a download is deleted afterwards. Raises Refused when either fails."""
    if isinstance(source, Path):
        with compressed.unpacked(source, most_bytes) as path:
            yield LocalCopy(path)
        return
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
        # Other downloads from the host wait for this one, but not for what is done with the file.
        with policy.host_lock(urlsplit(source.url).hostname or ""):
            path, about = _download(source, Path(folder), most_bytes, policy)
        if about is not None:
            yield LocalCopy(path, about, source.shown)
            return
        with compressed.unpacked(path, most_bytes) as plain:
            yield LocalCopy(plain, address=source.shown)


def _download(source: Address, folder: Path, most_bytes: int, policy: FetchPolicy) -> tuple[Path, About | None]:
    """The downloaded file, and the server's description of a dataset. Raises Refused."""
    path = folder / "data"
    if source.dataset is None:
        fetch(source.url, source.credentials, path, most_bytes, policy)
        return path, None
    if source.dataset == ALL_DATASETS:
        raise Refused("not_observations", "this is the list of all datasets: use `halocline erddap` to print it")
    info = folder / "info"
    fetch(source.info_url(), source.credentials, info, _MOST_INFO_BYTES, policy)
    fetch(source.table_url(), source.credentials, path, most_bytes, policy)
    is_part = bool(narrowing(source.selection()[1]))
    return path, About(str(info), source.dataset, source.shown, is_part)
