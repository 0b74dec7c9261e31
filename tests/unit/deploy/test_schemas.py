"""All objects of all overlays and combinations are valid in every supported version of the Kubernetes API.

The schemas of custom resources in `schemas/` are excerpts of their published ones, with the fields that are used here.
"""

import json
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest

from tests.unit.deploy.manifests import INGRESSES, K8S, OVERLAYS, STORES, Document, combined, of

SLOW = pytest.mark.slow
VERSIONS = ["1.34", pytest.param("1.35", marks=SLOW), pytest.param("1.36", marks=SLOW), "1.37"]
SCHEMAS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (Path(__file__).parent / "schemas").iterdir()
}


def _objects() -> list[Document]:
    """Each different object once."""
    rendered = [of(K8S / "overlays" / name) for name in OVERLAYS]
    rendered += [combined(stores, ingress) for stores in STORES for ingress in INGRESSES]
    return list({json.dumps(one, sort_keys=True): one for each in rendered for one in each.objects}.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_has_only_fields_of_this_version(version: str) -> None:
    core = [one for one in _objects() if one["kind"] not in SCHEMAS]

    assert len(core) > 100
    for one in core:
        kubernetes_validate.validate(one, version, strict=True)


def test_custom_resources_have_only_fields_of_their_schemas() -> None:
    custom = [one for one in _objects() if one["kind"] in SCHEMAS]

    assert {one["kind"] for one in custom} == SCHEMAS.keys()
    for one in custom:
        jsonschema.validate(one, SCHEMAS[one["kind"]])


def test_a_misspelt_field_is_found() -> None:
    route = next(one for one in combined("own", "gateway-api").objects if one["kind"] == "HTTPRoute")

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"port": []}},
            "1.34",
            strict=True,
        )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**route, "spec": {**route["spec"], "parents": []}}, SCHEMAS["HTTPRoute"])
