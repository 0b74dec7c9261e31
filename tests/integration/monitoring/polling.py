"""HTTP requests that are repeated until a starting server responds."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

# A start takes one or two seconds, on a busy machine much longer.
TIMEOUT_S = 60.0


def json_response(url: str, body: Any = None) -> Any:
    """Return the JSON of the first response. Raises the last error after a minute."""
    deadline = time.monotonic() + TIMEOUT_S
    data = None if body is None else json.dumps(body).encode()
    while True:
        try:
            request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=5) as response:
                return json.loads(response.read() or "null")
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
