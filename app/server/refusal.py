"""Requests that the server refuses itself: malformed ones, and those for which it has no thread."""

from dataclasses import dataclass

# The key in the WSGI environment. A layer of the application answers such a request without any further work.
REFUSAL = "halocline.refusal"
# The key for a WSGI application whose response replaces a body that fails before its first byte.
FAILURE = "halocline.failure"
OVERLOADED = 503


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: the status and a text for the client. `limit` names the limit that is reached."""

    status: int
    detail: str
    limit: str = "concurrency"


NO_THREAD = Refusal(OVERLOADED, "Too many requests at once; please try again in a moment.")
