"""Error pages and messages of servers, as a refusal in one line that quotes them."""

import re
from html import unescape
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

from app.domain import printable
from app.ingest.refusals import Refused

# An error message is in the first lines; the title of a page is in its head.
HEAD_BYTES = 1 << 16
# Of a text without a known message: longer than a quotation.
_FIRST_CHARACTERS = 300
# ERDDAP's own format, then the pages of Tomcat and of proxies.
_MESSAGES = (
    re.compile(r'\bmessage\s*=\s*"((?:[^"\\]|\\.)*)"', re.DOTALL),
    re.compile(r"<b>\s*(?:message|description)\s*</b>(.*?)</p>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL | re.IGNORECASE),
)
_NOTHING_FOUND = re.compile(r"no matching results|no data matching|nRows\s*=\s*0", re.IGNORECASE)


def refusal(status: int, body: bytes) -> Refused:
    """The refusal for a response without data, with the server's message as a quotation."""
    text = body.decode("utf-8", "replace")
    if _NOTHING_FOUND.search(text):
        return Refused("no_samples", "the server has no rows that match the request")
    quoted = message(text)
    return Refused("server_error", f"the server responds {status}{_phrase(status)}" + (f": {quoted}" if quoted else ""))


def require_data(path: Path) -> None:
    """Raises Refused for a page or an error instead of data, with its message as a quotation."""
    with path.open("rb") as stream:
        text = stream.read(HEAD_BYTES).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    start = text[:1024].lower()
    if start.startswith("<!doctype html") or "<html" in start:
        raise Refused("html_page", f"the server sends a web page: {message(text) or 'without a title'}")
    if start.startswith("error {"):
        raise refusal(200, text.encode())


def message(text: str) -> str:
    """The message of the text as a quotation; empty when there is none."""
    raw = next((match[1] for pattern in _MESSAGES if (match := pattern.search(text))), "")
    if not raw and "<" not in text:
        raw = text[:_FIRST_CHARACTERS]
    return printable.quotation(unescape(re.sub(r"<[^>]*>", " ", raw.replace('\\"', '"').replace("\\n", " "))))


def _phrase(status: int) -> str:
    """The standard name of an error status in parentheses; empty for others."""
    try:
        return f" ({HTTPStatus(status).phrase})" if status >= HTTPStatus.BAD_REQUEST else ""
    except ValueError:
        return ""


def cause(error: Exception) -> str:
    """The cause of a failed request, in words and without addresses."""
    if isinstance(error, TimeoutError) or "timed out" in str(error).lower():
        return "the server does not respond in time"
    name = type(error).__name__
    text = str(error).lower()
    if "incompleteread" in text or name in ("IncompleteRead", "ProtocolError", "InvalidChunkLength"):
        return "the response is incomplete"
    if "resolve" in text or name in ("NameResolutionError", "gaierror"):
        return "there is no such host"
    if isinstance(error, HTTPException):
        return "the response is not HTTP"
    if "certificate" in text:
        return "the server's certificate is not trusted"
    return f"there is no connection to the server ({name})"
