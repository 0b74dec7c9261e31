"""What a server says instead of data, as a refusal in one line."""

import re
from html import unescape
from http.client import HTTPException
from pathlib import Path

from app.domain.printable import one_line
from app.ingest.refusals import Refused

# An error is told in the first lines; a page's title is in its head.
HEAD_BYTES = 1 << 16
_LONGEST = 200
# ERDDAP's own form, then Tomcat's and a proxy's page.
_SAID = (
    re.compile(r'\bmessage\s*=\s*"((?:[^"\\]|\\.)*)"', re.DOTALL),
    re.compile(r"<b>\s*(?:message|description)\s*</b>(.*?)</p>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL | re.IGNORECASE),
)
_NOTHING_FOUND = re.compile(r"no matching results|no data matching|nRows\s*=\s*0", re.IGNORECASE)


def refusal(status: int, body: bytes) -> Refused:
    """Why an answer that is no data is refused, with what the server says."""
    text = body.decode("utf-8", "replace")
    said = message(text)
    if _NOTHING_FOUND.search(text):
        return Refused("no_samples", f"the server says: {said}")
    return Refused("server_error", f"the server says {status}" + (f": {said}" if said else ""))


def require_data(path: Path) -> None:
    """Raises Refused for a page or an error that came in place of data, with what it says."""
    with path.open("rb") as stream:
        text = stream.read(HEAD_BYTES).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    start = text[:1024].lower()
    if start.startswith("<!doctype html") or "<html" in start:
        raise Refused("html_page", f"the server sends a web page: {message(text) or 'without a title'}")
    if start.startswith("error {"):
        raise refusal(200, text.encode())


def message(text: str) -> str:
    """What the text says, as one short line without markup; empty when it is not told."""
    found = next((match[1] for pattern in _SAID if (match := pattern.search(text))), "")
    if not found and "<" not in text:
        found = text[:_LONGEST]
    plain = one_line(unescape(re.sub(r"<[^>]*>", " ", found.replace('\\"', '"').replace("\\n", " "))))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def cause(error: Exception) -> str:
    """Why no answer came, in words and without addresses."""
    if isinstance(error, TimeoutError) or "timed out" in str(error).lower():
        return "the server does not answer in time"
    name = type(error).__name__
    text = str(error).lower()
    if "incompleteread" in text or name in ("IncompleteRead", "ProtocolError", "InvalidChunkLength"):
        return "the answer breaks off"
    if "resolve" in text or name in ("NameResolutionError", "gaierror"):
        return "there is no such host"
    if isinstance(error, HTTPException):
        return "the answer is no HTTP"
    if "certificate" in text:
        return "the server's certificate is not to be trusted"
    return f"there is no connection to the server ({name})"
