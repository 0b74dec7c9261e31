"""The rules hold for every combination of components, and each rule fails for a planted breach."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.deploy import test_network, test_objects, test_pods
from tests.unit.deploy.manifests import INGRESSES, K8S, OTHERS, STORES, Document, Manifests, combined, of

Rule = Callable[[Manifests], None]
# Rules for any set of objects of Halocline.
RULES: list[Rule] = [
    test_pods.test_containers_cannot_gain_privileges_and_write_only_to_volumes,
    test_pods.test_pods_share_nothing_with_their_node,
    test_pods.test_a_service_account_token_is_mounted_only_where_the_api_is_read,
    test_pods.test_pods_get_no_variables_from_the_names_of_services,
    test_pods.test_every_memory_volume_and_scratch_folder_has_a_limit,
    test_pods.test_containers_request_cpu_without_a_limit_and_exactly_the_memory_they_may_use,
    test_pods.test_images_have_an_exact_version_and_are_not_pulled_again,
    test_pods.test_every_role_runs_the_same_version_of_halocline,
    test_pods.test_ports_have_names_and_probes_use_them,
    test_pods.test_liveness_readiness_and_startup_probes_have_separate_paths,
    test_pods.test_the_grace_period_covers_the_sleep_the_drain_and_five_seconds_more,
    test_pods.test_no_manifest_is_a_bare_pod,
    test_objects.test_every_object_is_in_the_namespace_that_enforces_restricted_pods,
    test_objects.test_every_object_and_pod_has_the_recommended_labels,
    test_objects.test_every_selector_matches_exactly_the_workload_of_its_name,
    test_objects.test_every_service_targets_a_named_port_of_its_pods,
    test_objects.test_the_ingress_routes_to_the_service_and_never_to_the_metrics,
    test_objects.test_a_rollout_never_stops_a_pod_before_its_successor_is_ready,
    test_objects.test_every_secret_read_from_a_file_has_its_mount,
    test_network.test_all_traffic_is_denied_in_both_directions_by_default,
    test_network.test_names_are_resolved_by_the_dns_of_every_kind_of_cluster_and_by_nothing_else,
]
USERS = test_pods.test_pods_run_as_a_numbered_user_with_the_default_seccomp_profile


def _names(rule: Rule) -> str:
    return rule.__name__.removeprefix("test_")


@pytest.mark.parametrize("ingress", INGRESSES)
@pytest.mark.parametrize("stores", STORES)
def test_every_combination_keeps_the_rules(stores: str, ingress: str) -> None:
    manifests = combined(stores, ingress)

    for rule in RULES:
        rule(manifests)
    # OpenShift assigns the users itself, and refuses fixed ones.
    contexts = [workload.pod["securityContext"] for workload in manifests.workloads]
    assert all("runAsUser" not in one for one in contexts) == (ingress == "openshift-route")
    if ingress != "openshift-route":
        USERS(manifests)


@pytest.mark.slow
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("stores", STORES)
def test_every_component_works_without_the_others(stores: str, other: str) -> None:
    # Their headers say so: they change other components.
    changed = {
        "backup-s3": ("backup",),
        "alert-receivers": ("monitoring-standalone",),
        "kube-state-metrics": ("monitoring-standalone",),
        "worker-backup": ("backup", "worker"),
        "worker-keda": ("worker",),
        "upload": ("worker",),
        "upload-route": ("worker", "upload"),
    }
    manifests = combined(stores, "ingress-traefik", (*changed.get(other, ()), other))

    for rule in RULES:
        rule(manifests)


def _set(*path: Any, value: Any) -> Callable[[Document], None]:
    """Sets, or with None deletes, the value at a path of an object."""

    def change(one: Document) -> None:
        *parents, last = path
        for key in parents:
            one = one[key]
        if value is None:
            del one[last]
        else:
            one[last] = value

    return change


POD = ("spec", "template", "spec")
APP = (*POD, "containers", 0)
BREACHES: dict[Rule, tuple[str, str, Callable[[Document], None]]] = {
    USERS: ("Deployment", "web", _set(*POD, "securityContext", "runAsNonRoot", value=False)),
    test_pods.test_containers_cannot_gain_privileges_and_write_only_to_volumes: (
        "Deployment", "redis", _set(*APP, "securityContext", "readOnlyRootFilesystem", value=False)),
    test_pods.test_pods_share_nothing_with_their_node: (
        "Deployment", "web", _set(*POD, "hostNetwork", value=True)),
    test_pods.test_a_service_account_token_is_mounted_only_where_the_api_is_read: (
        "Job", "indexes", _set(*POD, "automountServiceAccountToken", value=None)),
    test_pods.test_pods_get_no_variables_from_the_names_of_services: (
        "Deployment", "web", _set(*POD, "enableServiceLinks", value=True)),
    test_pods.test_every_memory_volume_and_scratch_folder_has_a_limit: (
        "Job", "indexes", _set(*POD, "volumes", value=[{"name": "tmp", "emptyDir": {}}])),
    test_pods.test_containers_request_cpu_without_a_limit_and_exactly_the_memory_they_may_use: (
        "Deployment", "web", _set(*APP, "resources", "limits", "memory", value="1Gi")),
    test_pods.test_images_have_an_exact_version_and_are_not_pulled_again: (
        "StatefulSet", "mongodb", _set(*APP, "image", value="mongo:8")),
    test_pods.test_every_role_runs_the_same_version_of_halocline: (
        "Job", "indexes", _set(*APP, "image", value="halocline:0.0.9")),
    test_pods.test_ports_have_names_and_probes_use_them: (
        "Deployment", "web", _set(*APP, "readinessProbe", "httpGet", "port", value="metrics2")),
    test_pods.test_liveness_readiness_and_startup_probes_have_separate_paths: (
        "Deployment", "web", _set(*APP, "livenessProbe", "httpGet", "path", value="/readyz")),
    test_pods.test_the_grace_period_covers_the_sleep_the_drain_and_five_seconds_more: (
        "Deployment", "web", _set(*POD, "terminationGracePeriodSeconds", value=35)),
    test_pods.test_no_manifest_is_a_bare_pod: (
        "ServiceAccount", "web", _set("kind", value="Pod")),
    test_objects.test_every_object_is_in_the_namespace_that_enforces_restricted_pods: (
        "Namespace", "halocline", _set("metadata", "labels", "pod-security.kubernetes.io/enforce",
                                                value="baseline")),
    test_objects.test_every_object_and_pod_has_the_recommended_labels: (
        "Ingress", "public", _set("metadata", "labels", "app.kubernetes.io/part-of", value=None)),
    test_objects.test_every_selector_matches_exactly_the_workload_of_its_name: (
        "Service", "redis", _set("spec", "selector", "app.kubernetes.io/component", value="cache")),
    test_objects.test_every_service_targets_a_named_port_of_its_pods: (
        "Service", "web", _set("spec", "ports", 0, "targetPort", value="https")),
    test_objects.test_the_ingress_routes_to_the_service_and_never_to_the_metrics: (
        "Ingress", "public", _set("spec", "rules", 0, "http", "paths", 0, "backend", "service", "name",
                                           value="web-metrics")),
    test_objects.test_a_rollout_never_stops_a_pod_before_its_successor_is_ready: (
        "Deployment", "web", _set("spec", "strategy", "rollingUpdate", "maxUnavailable", value=1)),
    test_objects.test_every_secret_read_from_a_file_has_its_mount: (
        "Deployment", "web", _set(*APP, "volumeMounts", value=[])),
    test_network.test_all_traffic_is_denied_in_both_directions_by_default: (
        "NetworkPolicy", "default-deny", _set("spec", "policyTypes", value=["Ingress"])),
    test_network.test_names_are_resolved_by_the_dns_of_every_kind_of_cluster_and_by_nothing_else: (
        "NetworkPolicy", "allow-dns", _set("spec", "egress", 0, "to", value=[{"ipBlock": {"cidr": "::/0"}}])),
    test_objects.test_only_the_autoscaler_sets_the_number_of_web_pods: (
        "HorizontalPodAutoscaler", "web", _set("spec", "scaleTargetRef", "name", value="halocline-web")),
    test_objects.test_the_replica_set_has_three_members_which_every_client_lists: (
        "StatefulSet", "mongodb", _set("spec", "replicas", value=2)),
    test_objects.test_the_database_and_the_cache_stay_within_their_memory: (
        "StatefulSet", "mongodb", _set(*APP, "resources", "limits", "memory", value="768Mi")),
    test_objects.test_the_stores_accept_no_client_without_a_password: (
        "Deployment", "redis", _set(*APP, "args", value=["--aclfile", "", "--save", ""])),
    test_objects.test_pods_read_only_secrets_that_the_command_makes_and_each_role_its_own: (
        "Job", "indexes", _set(*POD, "volumes", value=[{"secret": {"secretName": "redis"}}])),
    test_objects.test_spread_constraints_count_one_revision_and_never_block_scheduling: (
        "Deployment", "web", _set(*POD, "topologySpreadConstraints", 0, "whenUnsatisfiable", value="DoNotSchedule")),
    test_objects.test_a_member_is_ready_when_it_serves_not_when_it_listens: (
        "StatefulSet", "mongodb", _set(*APP, "readinessProbe", value={"tcpSocket": {"port": "mongodb"}})),
    test_objects.test_the_manifests_contain_no_custom_resource_and_no_secret: (
        "ServiceAccount", "web", _set("kind", value="Secret")),
    test_network.test_only_the_listed_connections_reach_the_pods_of_production: (
        "NetworkPolicy", "redis", _set("spec", "ingress", 0, "from", value=[{"podSelector": {"matchLabels": {
            "app.kubernetes.io/component": "alertmanager"}}}])),
    test_network.test_pods_may_open_exactly_the_connections_that_the_other_end_allows: (
        "NetworkPolicy", "redis-clients", _set("spec", "egress", 0, "ports", 0, "port", value=6380)),
}  # fmt: skip


@pytest.mark.parametrize("rule", BREACHES, ids=_names)
def test_the_rule_fails_for_a_planted_breach(rule: Rule) -> None:
    kind, name, change = BREACHES[rule]
    production = of(K8S / "overlays/production")
    breached = Manifests(copy.deepcopy(production.objects))
    change(next(one for one in breached.of(kind) if one["metadata"]["name"] == name))

    rule(production)
    with pytest.raises(AssertionError):
        rule(breached)


def test_every_rule_has_a_planted_breach() -> None:
    assert {*RULES, USERS} <= BREACHES.keys()
