"""The components upload and upload-route: rights, limits and paths."""

import json
import re

import pytest

from app import config
from app.commands import secrets
from app.http import body_routes
from tests.unit.deploy.manifests import INGRESSES, ROOT, Document, Manifests, combined, of, quantity
from tests.unit.deploy.test_network import _edges
from tests.unit.deploy.test_worker import _secrets


@pytest.fixture(scope="module")
def manifests() -> Manifests:
    return combined("own", "ingress-nginx", ("worker", "upload"))


def _app(manifests: Manifests, name: str = "upload") -> Document:
    return next(one for one in manifests.workload(name).containers if one["name"] in ("app", name))


def _environment(container: Document) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["env"]}


def test_only_its_pods_accept_uploads(manifests: Manifests) -> None:
    accepting = {
        workload.name
        for workload in manifests.workloads
        for container in workload.containers
        if "HALOCLINE_UPLOADS" in _environment({"env": container.get("env", [])})
    }

    assert accepting == {"upload"}
    assert "HALOCLINE_UPLOADS" not in manifests.settings
    # The status page of the other pods links to theirs.
    assert manifests.settings["HALOCLINE_UPLOAD_PAGE"] == "true"


def test_its_pods_have_passwords_of_their_own_and_write_to_no_volume(manifests: Manifests) -> None:
    own = {("mongodb-upload", "uri"), ("redis", "url"), ("redis-broker", "url")}
    mounts = [mount for mount in _app(manifests)["volumeMounts"] if not mount.get("readOnly")]

    # The senders of positions are optional.
    assert _secrets(manifests, "upload") - {("position-senders", "senders.toml")} == own
    assert {mount["mountPath"] for mount in mounts} == {"/tmp", "/run/prometheus"}


def test_its_account_changes_no_data() -> None:
    (users,) = [one for one in secrets.create("halocline")["items"] if one["metadata"]["name"] == "mongodb-users"]
    text = users["stringData"]["users.json"]
    roles = {role["role"]: role["privileges"] for role in json.loads(text)["roles"]}
    written = {each["resource"]["collection"]: each["actions"] for each in roles["halocline-upload"]}

    assert written.keys().isdisjoint({"missions", "profiles", "samples", "imports", "originals.files", "api_keys"})
    assert (written["audit"], written["api_key_uses"]) == (["insert"], ["insert", "update"])


def test_its_limit_of_a_file_is_that_of_the_workers_and_of_the_ingress(manifests: Manifests) -> None:
    limits = {
        name: int(_environment(_app(manifests, name))["HALOCLINE_MAX_FILE_BYTES"]) for name in ("upload", "worker")
    }
    annotations = manifests.one("Ingress", "public")["metadata"]["annotations"]
    megabytes = int(annotations["nginx.ingress.kubernetes.io/proxy-body-size"].removesuffix("m"))

    assert limits["upload"] == limits["worker"] <= megabytes << 20


@pytest.mark.parametrize("ingress", INGRESSES)
def test_every_ingress_routes_the_paths_that_have_a_body(ingress: str) -> None:
    with_route = ("worker", "upload", "upload-route")
    text = str(combined("own", ingress, with_route).of("Ingress", "HTTPRoute", "Route"))
    routes = body_routes.of(config.load(HALOCLINE_UPLOADS=1))

    assert [route.path for route in routes if not re.search(rf"'{route.path}'", text)] == []


def test_it_reaches_the_stores_and_the_broker_alone(manifests: Manifests) -> None:
    opened = {to for source, to, _ in _edges(manifests, "egress", "to") if source == "upload"}

    assert {to for to in opened if "dns" not in to and not to.startswith("169.254.")} == {
        "mongodb", "redis", "redis-broker",
    }  # fmt: skip


def test_the_lab_of_its_drill_has_room_for_it() -> None:
    lab = of(ROOT / "tests/e2e/cluster/queue")
    requested = [quantity(one["resources"]["requests"]["cpu"]) for one in lab.workload("upload").containers]

    assert sum(requested) <= quantity("15m")
    assert lab.one("Deployment", "upload")["spec"]["replicas"] == 1
    assert {one["image"].split(":")[1] for one in lab.workload("upload").containers} == {"lab"}
