"""The complete list of allowed connections between pods; all others are denied."""

import pytest

from tests.unit.deploy.manifests import Document, Manifests, combined

Edge = tuple[str, str, str]
# from, to, port
STORE_EDGES: set[Edge] = {
    ("web", "mongodb", "mongodb"),
    ("live", "mongodb", "mongodb"),
    ("upload", "mongodb", "mongodb"),
    ("indexes", "mongodb", "mongodb"),
    ("ingest", "mongodb", "mongodb"),
    ("verify", "mongodb", "mongodb"),
    ("backup", "mongodb", "mongodb"),
    ("worker", "mongodb", "mongodb"),
    ("maintenance", "mongodb", "mongodb"),
    ("mongodb", "mongodb", "mongodb"),
    ("web", "redis", "redis"),
    ("live", "redis", "redis"),
    ("upload", "redis", "redis"),
    ("ingest", "redis", "redis"),
    ("worker", "redis", "redis"),
    ("maintenance", "redis", "redis"),
}
METRICS_EDGES: set[Edge] = {
    (source, to, "metrics") for source in ("namespace monitoring", "prometheus") for to in ("web", "live")
}
TRAEFIK_EDGES: set[Edge] = {
    (source, to, "http")
    for source in ("namespace traefik", "traefik in namespace kube-system")
    for to in ("web", "live")
}
# Pods whose connections are listed here; those of the monitoring components are in their own policies.
PODS = {
    "web", "live", "upload", "edge", "mongodb", "redis", "indexes", "ingest", "worker", "maintenance", "verify",
    "backup",
}  # fmt: skip
CONTROLLERS = {
    "ingress-traefik": {"namespace traefik", "traefik in namespace kube-system"},
    "ingress-nginx": {
        "namespace ingress-nginx",
        "rke2-ingress-nginx in namespace kube-system",
        "namespace app-routing-system",
    },
    "ingress-alb": {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"},
    "ingress-gce": {"130.211.0.0/22", "35.191.0.0/16"},
    "gateway-api": {
        f"namespace {name}"
        for name in (
            "gateway", "traefik", "envoy-gateway-system", "istio-ingress", "istio-system", "nginx-gateway",
            "kgateway-system",
        )
    },
    "openshift-route": {"namespaces with network.openshift.io/policy-group=ingress",
                        "namespaces with policy-group.network.openshift.io/host-network="},
}  # fmt: skip


def test_all_traffic_is_denied_in_both_directions_by_default(manifests: Manifests) -> None:
    policy = manifests.one("NetworkPolicy", "default-deny")["spec"]

    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_names_are_resolved_by_the_dns_of_every_kind_of_cluster_and_by_nothing_else(manifests: Manifests) -> None:
    (rule,) = manifests.one("NetworkPolicy", "allow-dns")["spec"]["egress"]

    assert {name for peer in rule["to"] for name in _peers(peer)} == {
        "kube-dns in namespace kube-system",
        "node-local-dns in namespace kube-system",
        "namespace openshift-dns",
        # NodeLocal DNSCache, LocalDNS of AKS, and Cloud DNS.
        "169.254.20.10/32",
        "169.254.10.10/32",
        "169.254.10.11/32",
        "169.254.169.254/32",
    }
    assert sorted((port["protocol"], port["port"]) for port in rule["ports"]) == [
        ("TCP", 53), ("TCP", 5353), ("UDP", 53), ("UDP", 5353),
    ]  # fmt: skip


def test_only_the_listed_connections_reach_the_pods_of_production(production: Manifests) -> None:
    edges = _edges(production, "ingress", "from")

    assert {edge for edge in edges if edge[1] in PODS} == STORE_EDGES | METRICS_EDGES | TRAEFIK_EDGES


def test_pods_may_open_exactly_the_connections_that_the_other_end_allows(production: Manifests) -> None:
    opened = {edge for edge in _edges(production, "egress", "to") if edge[0] in PODS and "dns" not in edge[1]}

    assert {edge for edge in opened if not edge[1].startswith("169.254.")} == STORE_EDGES


@pytest.mark.parametrize("ingress", CONTROLLERS)
@pytest.mark.parametrize("stores", ["own", "external"])
def test_each_ingress_component_admits_its_controller_to_the_entry_alone(stores: str, ingress: str) -> None:
    # With the edge cache, the entry is the edge; without it, the web pods.
    edge, plain = combined(stores, ingress), combined(stores, ingress, ())

    assert _to_http(plain, "web") == CONTROLLERS[ingress]
    assert _to_http(edge, "edge") == CONTROLLERS[ingress]
    assert _to_http(edge, "web") == {"edge"}
    # Streams and uploads pass the edge cache by.
    assert _to_http(edge, "live") == _to_http(plain, "live") == CONTROLLERS[ingress]
    assert _to_http(edge, "upload") == CONTROLLERS[ingress]


def test_a_developers_cluster_may_have_any_controller(manifests: Manifests) -> None:
    expected = {"any namespace"} if manifests.of("Namespace")[0]["metadata"]["name"] == "halocline-dev" else None

    assert _to_http(manifests, "web") == (expected or CONTROLLERS["ingress-traefik"])


def test_external_stores_are_reached_on_their_ports_only() -> None:
    manifests = combined("external", "ingress-traefik", ())
    rules = {
        name: manifests.one("NetworkPolicy", f"{name}-clients")["spec"]["egress"][0] for name in ("mongodb", "redis")
    }
    ports = {name: [(port["port"], port.get("endPort")) for port in rule["ports"]] for name, rule in rules.items()}

    assert ports == {"mongodb": [(27015, 27019)], "redis": [(6378, 6380), (10000, None)]}


def test_the_pods_that_validate_a_certificate_are_reached() -> None:
    policy = combined("own", "ingress-traefik").one("NetworkPolicy", "acme-solver")["spec"]

    assert policy["podSelector"]["matchLabels"] == {"acme.cert-manager.io/http01-solver": "true"}
    assert policy["ingress"] == [{"ports": [{"port": 8089, "protocol": "TCP"}]}]


def test_imports_reach_public_addresses_and_no_private_network(lab_with_erddap: Manifests) -> None:
    policy = lab_with_erddap.one("NetworkPolicy", "ingest-outside")["spec"]

    (selected,) = policy["podSelector"]["matchExpressions"]
    assert selected["values"] == ["ingest", "worker", "maintenance"]
    (rule,) = policy["egress"]
    assert {port["port"] for port in rule["ports"]} == {80, 443}
    inside = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"}
    assert [set(peer["ipBlock"]["except"]) for peer in rule["to"]] == [inside]


def _to_http(manifests: Manifests, name: str) -> set[str]:
    return {source for source, to, port in _edges(manifests, "ingress", "from") if (to, port) == (name, "http")}


def _edges(manifests: Manifests, direction: str, side: str) -> set[Edge]:
    """(from, to, port) of all policies in one direction; pods are named by their component."""
    edges: set[Edge] = set()
    for policy in manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        # Backups run in production only, but the policies of the stores name them everywhere.
        pods = {workload.labels["app.kubernetes.io/component"] for workload in manifests.selected(spec["podSelector"])}
        pods |= set(_terms(spec["podSelector"]))
        for rule in spec.get(direction, []):
            peers = {name for peer in rule.get(side, []) for name in _peers(peer)} or {"anything"}
            ports = {str(port["port"]) for port in rule.get("ports", [])}
            edges |= {
                (pod, peer, port) if direction == "egress" else (peer, pod, port)
                for pod in pods
                for peer in peers
                for port in ports
            }
    return edges


def _peers(peer: Document) -> list[str]:
    if "ipBlock" in peer:
        return [str(peer["ipBlock"]["cidr"])]
    pods = _terms(peer.get("podSelector", {}))
    if "namespaceSelector" not in peer:
        return pods
    namespaces = _terms(peer["namespaceSelector"], "namespaces with ") or ["any namespace"]
    return [f"{pod} in {namespace}" for pod in pods for namespace in namespaces] if pods else namespaces


def _terms(selector: Document, prefix: str = "") -> list[str]:
    """The names in a selector: components, applications, namespaces; another label with its key."""
    common = {("app.kubernetes.io/name", "halocline"), ("public", "true")}
    labels = [label for label in selector.get("matchLabels", {}).items() if label not in common]
    texts = [_text(key, value, prefix) for key, value in labels]
    # The value of `public` tells pods of pages from those of streams; the pods themselves are found by their labels.
    for term in [term for term in selector.get("matchExpressions", []) if term["key"] != "public"]:
        texts += [_text(term["key"], value, prefix) for value in term["values"]]
    return texts


def _text(key: str, value: str, prefix: str) -> str:
    if key == "kubernetes.io/metadata.name":
        return f"namespace {value}"
    return f"{prefix}{key}={value}" if prefix else value
