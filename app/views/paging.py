"""Pages of lists: the URL of a page names the cursor of its list `after`."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import request

from app.errors import Invalid


def after() -> str | None:
    """The cursor in this request's URL; None for the first page."""
    return request.args.get("after") or None


@contextmanager
def invalid_as_after() -> Iterator[None]:
    """Report an invalid cursor under the name that visitors see in the URL."""
    try:
        yield
    except Invalid as error:
        if error.field != "cursor":
            raise
        raise Invalid("after", error.problem) from error
