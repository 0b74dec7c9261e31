"""A test client whose response bodies are closed at the end of a test, as a WSGI server closes each body."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import Headers


class Body:
    """A response body that is closed at most once. Closing it releases the request's slot in the concurrency limit."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body
        self._stack = ExitStack()
        self._stack.callback(getattr(body, "close", lambda: None))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body unless it is closed already."""
        self._stack.close()


class ClosingClient(FlaskClient):
    """The test client of the shared application; `close_all` closes all bodies that are still open."""

    _open: list[Body] = []  # noqa: RUF012 -- One list for all clients of the process.

    def run_wsgi_app(self, environ: dict[str, Any], buffered: bool = False) -> tuple[Iterable[bytes], str, Headers]:
        body, status, headers = super().run_wsgi_app(environ, buffered)
        if buffered:
            return body, status, headers
        self._open.append(Body(body))
        return self._open[-1], status, headers

    @classmethod
    def close_all(cls) -> None:
        """Close the open response bodies of all clients of this process."""
        while cls._open:
            cls._open.pop().close()
