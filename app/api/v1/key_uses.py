"""The use of API keys by requests that write."""

import time
from datetime import datetime

import structlog
from pymongo.errors import PyMongoError

from app import errors
from app.store import api_keys

# Each request of a portal without the right would log it.
_LOG_EVERY_S = 60.0
_logged_s = float("-inf")

log = structlog.get_logger(__name__)


def note(key_id: str, at: datetime) -> None:
    """Store the use of a key. Its failure, such as a missing right while passwords are rotated, fails no request."""
    global _logged_s
    try:
        api_keys.note_use(key_id, at)
    except PyMongoError as error:
        if time.monotonic() - _logged_s >= _LOG_EVERY_S:
            _logged_s = time.monotonic()
            log.warning("key_use_not_stored", error=errors.name_of(error))
