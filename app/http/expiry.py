"""Until when a response stays valid: views name the moments at which it changes without an entry in the change log."""

from datetime import datetime

from flask import request

# The key of the WSGI environ under which the page cache reads the earliest moment, seconds since 1970.
VALID_UNTIL = "halocline.valid_until"


def until(*moments: datetime | None) -> None:
    """End the lifetime of this response at the earliest of these moments; None is a moment that never comes.

    Every view that reads the clock must call this; otherwise its response is cached until a change, or for an hour.
    """
    seconds = [moment.timestamp() for moment in moments if moment is not None]
    environ = request.environ
    environ[VALID_UNTIL] = min([environ.get(VALID_UNTIL, float("inf")), *seconds])
