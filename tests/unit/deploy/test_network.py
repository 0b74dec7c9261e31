"""The complete list of allowed connections between pods; all others are denied."""

from tests.unit.deploy.manifests import Document, Manifests

EDGES = {
    # from, to, port
    ("namespace traefik", "web", "http"),
    ("namespace monitoring", "web", "metrics"),
    ("prometheus", "web", "metrics"),
    ("web", "mongodb", "mongodb"),
    ("indexes", "mongodb", "mongodb"),
    ("ingest", "mongodb", "mongodb"),
    ("verify", "mongodb", "mongodb"),
    ("mongodb", "mongodb", "mongodb"),
    ("web", "redis", "redis"),
    ("ingest", "redis", "redis"),
}
# Without the monitoring components, whose policies are listed with them.
COMPONENTS = ["web", "mongodb", "redis", "indexes", "ingest", "verify"]


def test_all_traffic_is_denied_in_both_directions_by_default(manifests: Manifests) -> None:
    policy = manifests.one("NetworkPolicy", "default-deny")["spec"]

    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_the_dns_of_the_cluster_resolves_names_over_udp_and_tcp(manifests: Manifests) -> None:
    (rule,) = manifests.one("NetworkPolicy", "allow-dns")["spec"]["egress"]
    (peer,) = rule["to"]

    # In one entry the two selectors mean "and".
    assert peer["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
    assert sorted((port["protocol"], port["port"]) for port in rule["ports"]) == [("TCP", 53), ("UDP", 53)]


def test_only_the_listed_connections_reach_the_pods(manifests: Manifests) -> None:
    assert {edge for name in COMPONENTS for edge in _edges(manifests, name, "ingress", "from")} == EDGES


def test_the_pods_may_open_exactly_the_connections_that_the_other_end_allows(manifests: Manifests) -> None:
    opened = {edge for name in COMPONENTS for edge in _edges(manifests, name, "egress", "to")}

    assert opened == {edge for edge in EDGES if edge[0] in COMPONENTS}


def test_every_policy_of_a_component_covers_both_directions(manifests: Manifests) -> None:
    policies = [manifests.one("NetworkPolicy", name)["spec"] for name in COMPONENTS]

    assert all(sorted(policy["policyTypes"]) == ["Egress", "Ingress"] for policy in policies)


def test_imports_reach_public_addresses_and_no_private_network(lab_with_ingest: Manifests) -> None:
    policy = lab_with_ingest.one("NetworkPolicy", "ingest-outside")["spec"]

    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "ingest"
    (rule,) = policy["egress"]
    assert {port["port"] for port in rule["ports"]} == {80, 443}
    inside = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"}
    assert [set(peer["ipBlock"]["except"]) for peer in rule["to"]] == [inside]


def _edges(manifests: Manifests, name: str, direction: str, side: str) -> set[tuple[str, str, str]]:
    """(from, to, port) of one component's policy in one direction."""
    spec = manifests.one("NetworkPolicy", name)["spec"]
    return {
        (name, peer, port["port"]) if direction == "egress" else (peer, name, port["port"])
        for rule in spec.get(direction, [])
        for one in rule[side]
        for peer in _peers(one)
        for port in rule["ports"]
    }


def _peers(peer: Document) -> list[str]:
    if "namespaceSelector" in peer:
        return ["namespace " + peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]]
    selector = peer["podSelector"]
    terms = [value for term in selector.get("matchExpressions", []) for value in term["values"]]
    return terms or [selector["matchLabels"]["app.kubernetes.io/component"]]
