"""Until when an answer stays as it is: views name the moments at which it changes without an event."""

from datetime import datetime

from flask import request

# Where the page cache finds the earliest of them, s since 1970.
VALID_UNTIL = "halocline.valid_until"


def until(*moments: datetime | None) -> None:
    """Ends what is kept of this answer at the earliest of these moments; None is a moment that never comes.

    Every view that reads the clock owes it: without a word the answer is kept until a change or for an hour.
    """
    told = [moment.timestamp() for moment in moments if moment is not None]
    environ = request.environ
    environ[VALID_UNTIL] = min([environ.get(VALID_UNTIL, float("inf")), *told])
