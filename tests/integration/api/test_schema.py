"""Generated requests to the API: every response matches the OpenAPI document, and none is a 5xx."""

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app import config, create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DOCUMENT = "/api/v1/openapi.json"
SCHEMA_APP = create_app(config.load(HALOCLINE_ENVIRONMENT="test"))
PATHS = SCHEMA_APP.test_client().get(DOCUMENT).json["paths"]
OPERATIONS = {path: methods["get"] for path, methods in PATHS.items() if "get" in methods}
VALID, INVALID = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
# Every text is a valid id: only queries can be invalid.
CASES = [(path, VALID) for path in OPERATIONS] + [
    (path, INVALID)
    for path, operation in OPERATIONS.items()
    if any(part["in"] == "query" for part in operation["parameters"])
]
# A schema cannot express which texts are cursors, nor that one time is later than another.
EXCLUDED_CHECKS: Any = [positive_data_acceptance]


@pytest.fixture(scope="module")
def schema(shared_app: Flask) -> schemathesis.BaseSchema:
    """The OpenAPI document of the portal."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        # Schemathesis does not close responses, and each open download counts toward the concurrency limit.
        body: Any = shared_app(environ, start_response)
        with closing(body):
            return list(body)

    return schemathesis.openapi.from_wsgi(DOCUMENT, application)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(("path", "mode"), CASES, ids=lambda given: getattr(given, "value", given))
def test_every_response_matches_the_document(
    schema: schemathesis.BaseSchema, path: str, mode: schemathesis.GenerationMode
) -> None:
    @budget(
        max_examples=10,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path]["GET"].as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=EXCLUDED_CHECKS)

    send()
