"""Whatever is asked of the API: no answer that its own document does not promise, and none that is our fault."""

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
OPERATIONS = {
    path: methods["get"]
    for path, methods in create_app(config.load()).test_client().get(DOCUMENT).json["paths"].items()
}
GOOD, BAD = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
# Every text is a good id: only queries can be off.
ASKED = [(path, GOOD) for path in OPERATIONS] + [
    (path, BAD) for path, asked in OPERATIONS.items() if any(part["in"] == "query" for part in asked["parameters"])
]
# A schema cannot say which texts are cursors, nor that one time is later than the other.
UNSAID: Any = [positive_data_acceptance]


@pytest.fixture(scope="module")
def schema(shared_app: Flask) -> schemathesis.BaseSchema:
    """The document of the portal."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        # Schemathesis leaves answers open, and each of them holds a place in the application.
        body: Any = shared_app(environ, start_response)
        with closing(body):
            return list(body)

    return schemathesis.openapi.from_wsgi(DOCUMENT, answer)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(("path", "mode"), ASKED, ids=lambda given: getattr(given, "value", given))
def test_every_answer_is_one_that_the_document_promises(
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
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=UNSAID)

    ask()
