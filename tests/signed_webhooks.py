"""A sender of positions, for tests: signs webhooks as the libraries of Standard Webhooks do, and sends them."""

import base64
import hashlib
import hmac
import json
import time
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PATH = "/api/v1/positions"
_numbers = count(1)


def secret(letter: str = "a") -> str:
    """A secret that is made of one letter, so that tests have several."""
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


def signature(of: str, webhook: str, timestamp: str, body: bytes) -> str:
    """The signature by the specification, written without the code of the portal."""
    key = base64.b64decode(of.removeprefix("whsec_"))
    digest = hmac.new(key, f"{webhook}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(body: bytes, *secrets: str, webhook: str | None = None, ahead_s: float = 0) -> dict[str, str]:
    """The headers of a webhook, with a signature by each of the secrets. `ahead_s`: of the sender's clock."""
    name, timestamp = webhook or f"msg_{next(_numbers)}", str(int(time.time() + ahead_s))
    signatures = " ".join(signature(each, name, timestamp, body) for each in secrets)
    return {
        "webhook-id": name,
        "webhook-timestamp": timestamp,
        "webhook-signature": signatures,
        "Content-Type": "application/json",
    }


def send(client: FlaskClient, content: Any, *secrets: str, **options: Any) -> TestResponse:
    """Send a webhook with this content, signed by the first secret unless others are given."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(PATH, data=body, headers=headers(body, *(secrets or [secret()]), **options), buffered=True)
