"""How the application can answer a request, by which the server decides where it does."""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Readiness(Enum):
    """What a response needs."""

    # Nothing: it is in memory. The event loop answers, so the application must not wait for anything.
    NOW = "now"
    # A page that another thread of this process renders at this moment.
    SOON = "soon"
    # A thread, before others: many clients read this page, it stays in memory, and there are only some of its kind.
    SHARED = "shared"
    # A thread.
    THREAD = "thread"


# May write to the environment of the request what it has looked up; the application then gets the same environment.
Ready = Callable[["WSGIEnvironment"], Readiness]
