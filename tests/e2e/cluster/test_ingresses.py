"""Drills of the ingress components, with pods that stand for their controllers, and of TLS at the ingress.

The kit has Traefik alone. For the other components, a pod with the namespace and labels of the controller, or with an
address in the admitted range, must reach the web pods, and a pod of another namespace must not.
"""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cluster.cluster import Document, Lab, get, kubectl, until, web_patch

pytestmark = pytest.mark.timeout(300)

Figures = dict[str, Any]
COMPONENTS = Path(__file__).parents[3] / "deploy/k8s/components"
# The namespace of each controller, with its labels, and the labels of its pods.
CONTROLLERS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "ingress-traefik": ("kube-system", {}, {"app.kubernetes.io/name": "traefik"}),
    "ingress-nginx": ("ingress-nginx", {}, {"app.kubernetes.io/name": "ingress-nginx"}),
    "gateway-api": ("envoy-gateway-system", {}, {}),
    "openshift-route": ("openshift-ingress", {"network.openshift.io/policy-group": "ingress"}, {}),
    # These two admit addresses; the range of the file is replaced by that of the pod.
    "ingress-alb": ("load-balancer", {}, {}),
    "ingress-gce": ("load-balancer", {}, {}),
}
REQUEST = """
import http.client, sys
try:
    connection = http.client.HTTPConnection(sys.argv[1], 8000, timeout=4)
    connection.request("GET", "/livez")
    print(connection.getresponse().status)
except OSError:
    print("denied")
"""
STRANGER = "stranger"
HOST = "halocline.test"
TLS_ADDRESS = ("127.0.0.1", 8443)


@pytest.fixture(scope="module")
def pods(lab: Lab) -> Iterator[dict[str, Document]]:
    """A running pod for each component, and one of a stranger, by these names; all are deleted afterwards."""
    # The stranger has the labels of a controller, but not its namespace.
    places = CONTROLLERS | {STRANGER: ("strangers", {}, {"app.kubernetes.io/name": "traefik"})}
    try:
        for name, (namespace, labels, pod_labels) in places.items():
            _create(name, namespace, labels, pod_labels)
        for name, (namespace, _, _) in places.items():
            kubectl("wait", "--namespace", namespace, "--for=condition=ready", f"pod/{name}", "--timeout=90s")
        yield {name: get("pod", name, "--namespace", namespace) for name, (namespace, _, _) in places.items()}
    finally:
        for name, (namespace, _, _) in places.items():
            target = ["pod", name, "--namespace", namespace] if namespace == "kube-system" else ["namespace", namespace]
            kubectl("delete", *target, "--ignore-not-found", "--wait=false", check=False)


@pytest.mark.parametrize(
    "component", [name if name == "gateway-api" else pytest.param(name, marks=pytest.mark.full) for name in CONTROLLERS]
)
def test_the_controller_reaches_the_web_pods_and_another_namespace_does_not(
    lab: Lab, figures: Figures, pods: dict[str, Document], component: str
) -> None:
    controller, stranger = pods[component], pods[STRANGER]
    kubectl("apply", "--filename", "-", stdin=_policy(component, controller["status"]["podIP"]))
    web = lab.oldest_web_pod()["status"]["podIP"]
    until("the policy", lambda: _request(controller, web) == "200", 30)
    outcomes = _request(controller, web), _request(stranger, web)
    lab.apply()

    figures.setdefault("ingress components", {})[component] = outcomes
    assert outcomes == ("200", "denied")


def test_visitors_over_tls_get_secure_links_and_hsts(lab: Lab, figures: Figures, tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    names = ["-addext", f"subjectAltName=DNS:{HOST}"]
    subprocess.run([*request, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    files = [f"--cert={certificate}", f"--key={key}"]
    secret = kubectl("create", "secret", "tls", "public-tls", *files, "--dry-run=client", "--output=json")
    kubectl("apply", "--filename", "-", stdin=secret.encode())
    spec = {"tls": [{"secretName": "public-tls", "hosts": [HOST]}]}
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "public"}, "spec": spec}
    try:
        lab.apply(ingress, web_patch({"HALOCLINE_PUBLIC_URL": f"https://{HOST}/"}))
        lab.replaced()
        status, headers, page = until("a page over TLS", lambda: _over_tls(certificate, "/"), 60)
        _, _, links = until("absolute links", lambda: _over_tls(certificate, "/sitemap.xml"), 60)
    finally:
        lab.apply()
        kubectl("delete", "secret", "public-tls")

    figures["tls"] = {"status": status, "hsts": headers.get("strict-transport-security")}
    assert status == 200
    assert headers["strict-transport-security"].startswith("max-age=")
    assert f"<loc>https://{HOST}/" in links
    assert "http://" + HOST not in page + links


def _policy(component: str, address: str) -> bytes:
    """The policy of a component, in the place of the one that is applied."""
    policy: Document = yaml.safe_load((COMPONENTS / component / "networkpolicy.yaml").read_text())
    peers = policy["spec"]["ingress"][0]["from"]
    if all("ipBlock" in peer for peer in peers):
        policy["spec"]["ingress"][0]["from"] = [{"ipBlock": {"cidr": f"{address}/32"}}]
    return json.dumps(policy).encode()


def _create(name: str, namespace: str, labels: dict[str, str], pod_labels: dict[str, str]) -> None:
    """A pod with Python in a namespace, which is created if it does not exist."""
    if namespace != "kube-system":
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
        kubectl("apply", "--filename", "-", stdin=json.dumps(body).encode())
    visitor = get("pod", "visitor-one")["spec"]
    spec = {key: visitor[key] for key in ("securityContext", "automountServiceAccountToken", "enableServiceLinks")}
    box = {key: visitor["containers"][0][key] for key in ("name", "image", "command", "securityContext")}
    spec |= {"containers": [box], "terminationGracePeriodSeconds": 1}
    metadata = {"name": name, "namespace": namespace, "labels": pod_labels}
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    kubectl("apply", "--namespace", namespace, "--filename", "-", stdin=json.dumps(made).encode())


def _request(pod: Document, address: str) -> str:
    metadata = pod["metadata"]
    return kubectl(
        "exec", "--namespace", metadata["namespace"], metadata["name"], "--", "python", "-c", REQUEST, address
    ).strip()


def _over_tls(certificate: Path, path: str) -> tuple[int, dict[str, str], str] | None:
    """Status, headers in lower case, and body; None until this certificate is served."""
    context = ssl.create_default_context(cafile=str(certificate))
    with (
        contextlib.suppress(ssl.SSLError),
        socket.create_connection(TLS_ADDRESS, timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=HOST) as secured,
    ):
        secured.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        response = http.client.HTTPResponse(secured)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, response.read().decode()
    return None
