"""The reference page of the API agrees with the OpenAPI document."""

import re

from flask.testing import FlaskClient


def test_every_operation_is_on_the_page_with_its_parameters(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    page = client.get("/api/v1/docs").text
    shown = {
        re.search(r"<code>(.*?)</code>", block)[1]: {  # type: ignore[index]
            # Of a form, and of the table of an operation that needs a key.
            *re.findall(r' name="([a-z_]+)"', block),
            *re.findall(r'<th scope="row"><code>([a-z_]+)</code>', block),
        }
        for block in re.split(r'<details class="operation" id="(?!model-)', page.split('id="models"')[0])[1:]
    }
    documented = {
        path if method == "get" else f"{method.upper()} {path}": {each["name"] for each in operation["parameters"]}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert shown == documented


def test_every_linked_model_is_on_the_page(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").text
    linked = set(re.findall(r'href="#(model-\w+)"', page))
    assert linked <= set(re.findall(r'id="(model-\w+)"', page))
    assert {"model-MissionPage", "model-Figures"} & linked == {"model-MissionPage"}
