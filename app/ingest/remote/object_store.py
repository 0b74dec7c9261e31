"""An S3-compatible bucket as a source of files: its listing, and the contents of its objects."""

import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import S3Store
from urllib3.exceptions import HTTPError

from app import errors
from app.config import Settings
from app.errors import Invalid, RunFailed
from app.ingest.refusals import Refused
from app.ingest.remote import http_download
from app.ingest.remote.http_download import FetchPolicy

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

# A listing with more objects is wrong, or needs a prefix: each look reads all of it.
_MOST_LISTED = 100_000
# What a server sends in one answer.
_PAGE = 1_000
_BLOCK_BYTES = 1 << 20
# A store that restarts answers again within seconds; a later slot of the schedule continues after a longer outage.
_RETRIES = 3
_RETRY_FOR = timedelta(seconds=30)
# Of an answer; the root of a listing is in it.
_HEAD_BYTES = 4 << 10
# The check of an empty listing: a healthy store answers within a second.
_CHECK_S = 60.0
_CHECK_ATTEMPTS = 2
_CHECK_PAUSE_S = 0.5
_LISTING = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(\w+:)?ListBucketResult[\s/>]", re.DOTALL)
_SIGNED_FOR = timedelta(minutes=1)
# The library has no class of its own for these errors of a listing.
_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_KEYS = ("aws_access_key_id", "aws_secret_access_key")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Location:
    """Where the objects are: those of `bucket` under the folder `prefix`, of AWS or of the store at `endpoint`.

    `credentials` names a file in the form of AWS with the profile `default`; without it, those of the settings count,
    and without these, the identity of the workload or of the machine. `is_anonymous`: requests are not signed.
    """

    bucket: str
    prefix: str
    endpoint: str | None
    region: str
    credentials: Path | None
    is_anonymous: bool


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as the bucket lists it. `e_tag` changes with its content; None from a store without ETags."""

    key: str
    size_bytes: int
    modified_at: datetime
    e_tag: str | None

    @property
    def tag(self) -> str:
        """What changes with its content."""
        return self.e_tag or f"{self.size_bytes} bytes of {self.modified_at.isoformat()}"


class Source:
    """The objects of a location. Its errors repeat no words of the server."""

    def __init__(self, location: Location, settings: Settings) -> None:
        """Raises Invalid if the credentials cannot be read. Connects to nothing."""
        self._location = location
        self._connect_s, self._read_s = settings.fetch_connect_timeout_s, settings.fetch_read_timeout_s
        self._store = _opened(location, settings)

    def objects(self) -> Iterator[StoredObject]:
        """All objects with content. Raises Invalid for a wrong bucket or wrong keys, RunFailed for a failed listing.

        A web page instead of a listing is a failure: the library reads it as a listing without objects.
        """
        count = 0
        try:
            for page in obstore.list(self._store, prefix=self._location.prefix or None, chunk_size=_PAGE):
                for entry in page:
                    count += 1
                    if count > _MOST_LISTED:
                        raise RunFailed(f"{self._name} lists more than {_MOST_LISTED} objects: name a prefix")
                    # Objects without content stand for folders.
                    if entry["size"] > 0:
                        yield StoredObject(entry["path"], entry["size"], entry["last_modified"], entry["e_tag"])
        except (BaseError, OSError, ValueError) as error:
            status = match[1] if (match := _STATUS.search(str(error))) else ""
            if status == "404":
                raise Invalid("bucket", f"{self._name} does not exist") from error
            if status in ("401", "403"):
                raise Invalid("bucket", f"{self._name} denies access with these credentials") from error
            raise RunFailed(f"{self._name} cannot be listed: no connection, or no valid listing") from error
        if count == 0 and self._is_another_server():
            raise RunFailed(
                f"{self._name} cannot be listed: the server answers without a listing of objects, such as with a web "
                "page; check the endpoint"
            )

    def _is_another_server(self) -> bool:
        """True if the server answers a request for a listing with something else.

        False, too, if that request fails: keys that are limited to a prefix may not list the whole bucket. A redirect
        is not followed: the server could name an address of the internal network.
        """
        policy = FetchPolicy(self._connect_s, self._read_s, _CHECK_S, _CHECK_ATTEMPTS, _CHECK_PAUSE_S)
        # Not by a pool of urllib3, which logs the signed address with each retry and redirect.
        try:
            status, head = http_download.head(self._address_of_listing(), _HEAD_BYTES, policy)
        except (HTTPError, HTTPException, BaseError, OSError, ValueError) as error:
            log.warning("empty_bucket_not_checked", bucket=self._location.bucket, error=errors.name_of(error))
            return False
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            log.warning("empty_bucket_not_checked", bucket=self._location.bucket, error="a redirect")
        return status == HTTPStatus.OK and _LISTING.match(head.removeprefix(_BYTE_ORDER_MARK)) is None

    def _address_of_listing(self) -> str:
        location = self._location
        if not location.is_anonymous:
            # The bucket itself: its parameters are signed, so that no prefix can be added.
            return str(obstore.sign(self._store, "GET", "", _SIGNED_FOR))
        endpoint = location.endpoint or f"https://s3.{location.region}.amazonaws.com"
        query = urlencode({"list-type": 2, "max-keys": 1, "prefix": location.prefix})
        return f"{endpoint.rstrip('/')}/{quote(location.bucket)}?{query}"

    def blocks(self, listed: StoredObject) -> Iterator[bytes]:
        """The content of an object, in blocks.

        Raises Refused for an object that has vanished, changed, denies access or has another size than listed, and
        RunFailed if the transfer fails. What was read before an error is incomplete.
        """
        size = 0
        try:
            answer = obstore.get(self._store, listed.key, options={"if_match": listed.e_tag})
            for block in answer.stream(min_chunk_size=_BLOCK_BYTES):
                size += len(block)
                if size > listed.size_bytes:
                    break
                yield bytes(block)
        except FileNotFoundError as error:
            raise Refused("not_found", "it has vanished from the bucket since it was listed") from error
        except PreconditionError as error:
            raise Refused("changed_while_reading", "it has changed in the bucket since it was listed") from error
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise Refused("fetch_failed", "the bucket denies access to it") from error
        except (BaseError, OSError) as error:
            raise RunFailed(f"{self._name}: an object cannot be read: the connection failed") from error
        if size != listed.size_bytes:
            comparison = "more" if size > listed.size_bytes else "fewer"
            raise Refused(
                "fetch_failed", f"the bucket sends {comparison} bytes than the {listed.size_bytes} that it lists"
            )

    @property
    def _name(self) -> str:
        return f"the bucket {self._location.bucket}"


def _opened(location: Location, settings: Settings) -> Any:
    config: S3Config = {"region": location.region}
    if location.is_anonymous:
        config["skip_signature"] = True
    elif (keys := _keys(location, settings)) is not None:
        config["access_key_id"], config["secret_access_key"] = keys
    client: ClientConfig = {
        # Of a whole object.
        "timeout": timedelta(seconds=settings.fetch_timeout_s),
        "read_timeout": timedelta(seconds=settings.fetch_read_timeout_s),
        "connect_timeout": timedelta(seconds=settings.fetch_connect_timeout_s),
    }
    if location.endpoint is not None:
        config["endpoint"] = location.endpoint
        client["allow_http"] = location.endpoint.startswith("http://")
    retries: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR}
    return S3Store(location.bucket, config=config, client_options=client, retry_config=retries)


def _keys(location: Location, settings: Settings) -> tuple[str, str] | None:
    """The id of the access key and its secret; None for the identity of the workload or of the machine."""
    if location.credentials is None:
        keys = settings.aws_access_key_id, settings.aws_secret_access_key
        return (keys[0], keys[1]) if keys[0] and keys[1] else None
    file = configparser.ConfigParser(interpolation=None)
    try:
        file.read_string(location.credentials.read_text(encoding="utf-8"))
        key_id, secret = (file["default"][name] for name in _KEYS)
    except OSError as error:
        raise Invalid("credentials", f"{location.credentials} cannot be read: {error.strerror}") from error
    except (configparser.Error, KeyError, UnicodeDecodeError):
        # Not the text of the error, which may contain a part of the secret.
        raise Invalid("credentials", f"{location.credentials} has no [default] with {' and '.join(_KEYS)}") from None
    return key_id, secret
