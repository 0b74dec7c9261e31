"""The first requests of a new process, which come at once: a worker starts while clients wait."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

ROOT = Path(__file__).parents[3]
# Threads switch as often as possible, so that a race shows in every run.
PROGRAM = textwrap.dedent(
    """
    import json, sys, threading
    from concurrent.futures import ThreadPoolExecutor
    from werkzeug.test import Client
    from app import config, create_app

    sys.setswitchinterval(1e-5)
    threads = dict(web_threads=64, web_concurrency_limit=32)
    app = create_app(config.load(HALOCLINE_ENVIRONMENT="test", HALOCLINE_API_PER_MIN=0, **threads))
    together = threading.Barrier(16)

    def request(number):
        together.wait()
        answer = Client(app).get(("/api/v1/openapi.json", "/api/v1/docs")[number % 2], buffered=True)
        return answer.status_code, len(answer.json["components"]["schemas"]) if number % 2 == 0 else None

    with ThreadPoolExecutor(16) as pool:
        print(json.dumps(list(pool.map(request, range(16)))))
    """
)


def first_answers() -> list[Any]:
    """Status and number of schemas (None for the reference page) of 16 concurrent requests to a new application."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    answers: list[Any] = json.loads(run.stdout.splitlines()[-1])
    return answers


@pytest.mark.parametrize("start", [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(1, 5))])
def test_concurrent_first_requests_get_the_complete_document(start: int, client: FlaskClient) -> None:
    schemas = len(client.get("/api/v1/openapi.json").json["components"]["schemas"])
    assert first_answers() == [[200, schemas], [200, None]] * 8
