"""Downloads: bodies that are sent while they are read, limited in number and time."""

import hashlib
from collections.abc import Iterator
from time import monotonic
from typing import Any

from flask import Response, request
from pymongo.errors import PyMongoError

from app import portal
from app.api.v1.failed_downloads import FailedDownload
from app.api.v1.responses import attached
from app.errors import Conflict
from app.extensions import mongo
from app.http import client_address
from app.http.download_slots import DownloadSlots
from app.server.exchange import MAX_COLLECTED_BYTES
from app.server.refusal import FAILURE
from app.telemetry import observe

# Caches may store a download but must revalidate it for each request, which costs no more than a 304.
_CACHE_CONTROL = "public, max-age=0, must-revalidate"
# Of this worker. Each client gets a part of them.
_slots = DownloadSlots()


class _Stream(Response):
    # Without this, `make_conditional` would read the whole body to count its bytes.
    implicit_sequence_conversion = False


def stream(
    chunks: Iterator[str] | Iterator[bytes],
    mimetype: str,
    etag_source: bytes,
    filename: str,
    length: int | None = None,
) -> Response:
    """A body that is made while it is sent, as a file to save; 304 if the client has the body of this `etag_source`.

    `length` is the size of the body if it is known before; a shorter body then shows that the download failed. Raises
    Overloaded if this worker is sending as many downloads as it may, and TooMany if it is sending as many to this
    client. A client that is too slow is disconnected.
    """
    request.environ[observe.EXPORT] = True
    slot = _DownloadSlot(is_collected=length is not None and length <= MAX_COLLECTED_BYTES)
    response = _Stream(slot.released_after(_within_time(chunks)), mimetype=mimetype)
    response.headers["Cache-Control"] = _CACHE_CONTROL
    attached(response, filename)
    if length is not None:
        response.content_length = length
    response.set_etag(hashlib.sha256(etag_source).hexdigest()[:32])
    response.make_conditional(request)
    if response.status_code == 412:
        # werkzeug keeps the body after a failed If-Match: it would be sent outside the limit of downloads.
        response.set_data(b"")
    if response.status_code == 200 and request.method == "GET":
        slot.acquire()
        response.call_on_close(slot.release)
    return response


class _DownloadSlot:
    """The slot of this request. `is_collected`: the server sends the body when it is complete, not while it is read."""

    def __init__(self, is_collected: bool) -> None:
        self._is_collected = is_collected
        self._client = _client()
        # The body is produced after the request's context has ended.
        self._environ = request.environ
        self._is_acquired = False

    def acquire(self) -> None:
        """Raises Overloaded or TooMany."""
        _slots.acquire(self._client)
        self._is_acquired = True

    def release(self) -> None:
        """Release the slot; further calls do nothing."""
        if self._is_acquired:
            self._is_acquired = False
            _slots.release(self._client)

    def released_after(self, chunks: Iterator[Any]) -> Iterator[Any]:
        """The chunks; the slot is released after the last one, or after an error."""
        try:
            yield from chunks
        except Exception as error:
            # Flask's error handlers end with the head of the response.
            if isinstance(error, PyMongoError):
                mongo.note_failure(error)
            # A streamed download that conflicts is no fault of the portal: it is incomplete, and counts as 200.
            if self._is_collected or not isinstance(error, Conflict):
                self._environ[FAILURE] = FailedDownload(error)
            raise
        finally:
            self.release()


def _client() -> str | None:
    """The client that the slot counts for. None without rate limits, and for a peer without an address."""
    settings = portal.current().settings
    address = client_address.proxies(settings.forwarded_allow_ips).client(request.environ)
    return client_address.budget(address) if settings.exports_per_min and address is not None else None


def _within_time(chunks: Iterator[Any]) -> Iterator[Any]:
    """The chunks until the time limit of an export. Raises Conflict then, because the body is incomplete."""
    deadline = monotonic() + portal.current().settings.export_timeout_s
    return _until(chunks, deadline)


def _until(chunks: Iterator[Any], deadline: float) -> Iterator[Any]:
    for chunk in chunks:
        if monotonic() > deadline:
            raise Conflict("The export exceeded its time limit.")
        yield chunk
