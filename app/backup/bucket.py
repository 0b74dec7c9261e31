"""An S3-compatible store as the target of a backup."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.config import Settings
from app.errors import Invalid, RunFailed

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

# A part has 4 MB on average and 16 MB at most: a minute for it needs 3 Mbit/s.
_REQUEST_TIMEOUT = timedelta(seconds=60)
_CONNECT_TIMEOUT = timedelta(seconds=5)
# A store that restarts answers again within seconds; a longer outage ends the run, and the next one continues it.
_RETRIES = 4
_RETRY_FOR = timedelta(seconds=60)
_REASON_LENGTH = 200


class Bucket:
    """Objects under a prefix of a bucket. A PUT stores an object whole or not at all."""

    def __init__(self, store: S3Store, address: str) -> None:
        self._store = store
        self._address = address

    def put(self, name: str, data: bytes) -> None:
        try:
            obstore.put(self._store, name, data, use_multipart=False)
        except (BaseError, OSError) as error:
            raise self._failed(f"{name} cannot be written", error) from error

    def get(self, name: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._failed(f"{name} cannot be read", error) from error

    def holds(self, name: str, data: bytes) -> bool:
        # The ETag of an object is the MD5 of its content, unless it was encrypted with a key of the client's: such an
        # object is written again.
        try:
            tag = obstore.head(self._store, name)["e_tag"]
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise self._failed(f"{name} cannot be read", error) from error
        return tag is not None and tag.strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest()

    def names(self, under: str) -> Iterator[str]:
        try:
            for entries in obstore.list(self._store, prefix=under):
                yield from (entry["path"] for entry in entries)
        except (BaseError, OSError) as error:
            raise self._failed("its objects cannot be listed", error) from error

    def delete(self, name: str) -> None:
        try:
            obstore.delete(self._store, name)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise self._failed(f"{name} cannot be deleted", error) from error

    def _failed(self, problem: str, error: Exception) -> RunFailed:
        # The library adds the debugging output of its source after the first line.
        reason = str(error).splitlines()[0][:_REASON_LENGTH] if str(error) else type(error).__name__
        return RunFailed(f"{self._address}: {problem}: {reason}")


def opened(address: str, settings: Settings) -> Bucket:
    """The bucket and prefix of `bucket/prefix`, without connecting.

    Without keys in the settings, the library takes those of the workload identity or of the machine.
    """
    bucket, _, prefix = address.partition("/")
    if not bucket:
        raise Invalid("target", "must be s3://BUCKET or s3://BUCKET/PREFIX")
    config: S3Config = {"region": settings.aws_region}
    if settings.aws_access_key_id and settings.aws_secret_access_key:
        config["access_key_id"] = settings.aws_access_key_id
        config["secret_access_key"] = settings.aws_secret_access_key
    client: ClientConfig = {"timeout": _REQUEST_TIMEOUT, "connect_timeout": _CONNECT_TIMEOUT}
    if settings.aws_endpoint_url:
        config["endpoint"] = settings.aws_endpoint_url
        client["allow_http"] = settings.aws_endpoint_url.startswith("http://")
    retries: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR}
    store: Any = S3Store(
        bucket, prefix=prefix.strip("/") or None, config=config, client_options=client, retry_config=retries
    )
    return Bucket(store, f"s3://{address}")
