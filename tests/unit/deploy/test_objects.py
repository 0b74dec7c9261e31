"""References between objects: selectors, targets, ports, budgets and names."""

import re
from collections.abc import Iterator

import pytest

from app.commands import secrets
from tests.unit.deploy.manifests import Manifests, Workload, combined, quantity

CORE = {
    "Namespace", "ServiceAccount", "ConfigMap", "Service", "Deployment", "StatefulSet", "Job", "CronJob", "Ingress",
    "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "PersistentVolumeClaim",
    "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "PriorityClass", "ResourceQuota",
}  # fmt: skip


def test_the_manifests_contain_no_custom_resource_and_no_secret(manifests: Manifests) -> None:
    assert {one["kind"] for one in manifests.objects} <= CORE


def test_every_object_is_in_the_namespace_that_enforces_restricted_pods(manifests: Manifests) -> None:
    (namespace,) = manifests.of("Namespace")
    labels = namespace["metadata"]["labels"]
    elsewhere = [
        one["kind"]
        for one in manifests.objects
        if one["metadata"].get("namespace") != namespace["metadata"]["name"]
        and one["kind"] not in {"Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass"}
    ]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["pod-security.kubernetes.io/enforce-version"] == "v1.34"
    # The rights to read the metrics of kube-system are granted in that namespace.
    assert set(elsewhere) <= {"Role", "RoleBinding"}


def test_every_object_and_pod_has_the_recommended_labels(manifests: Manifests) -> None:
    common = {"app.kubernetes.io/part-of": "halocline", "app.kubernetes.io/managed-by": "kustomize"}
    objects = {
        f"{one['kind']} {one['metadata']['name']}": one["metadata"].get("labels", {}) for one in manifests.objects
    }
    pods = {f"pod of {one.kind} {one.name}": one.labels for one in manifests.workloads}

    assert [name for name, labels in (objects | pods).items() if not common.items() <= labels.items()] == []
    assert [
        name
        for name, labels in pods.items()
        if not {"app.kubernetes.io/name", "app.kubernetes.io/component"} <= labels.keys()
    ] == []


def test_every_selector_matches_exactly_the_workload_of_its_name(manifests: Manifests) -> None:
    services = {one["metadata"]["name"]: one["spec"]["selector"] for one in manifests.of("Service")}
    matches = [manifests.selected({"matchLabels": selector}) for selector in services.values()]
    selected = {name: [workload.name for workload in match] for name, match in zip(services, matches, strict=True)}
    budgets = {one["metadata"]["name"]: one["spec"]["selector"] for one in manifests.of("PodDisruptionBudget")}
    guarded = {name: [workload.name for workload in manifests.selected(selector)] for name, selector in budgets.items()}
    owners = {one["metadata"]["name"]: one["spec"]["selector"] for one in manifests.of("Deployment", "StatefulSet")}
    owned = {name: [workload.name for workload in manifests.selected(selector)] for name, selector in owners.items()}

    # Visitors enter at the web pods, or at the edge cache in front of them.
    entry = ["edge"] if "edge" in owners else ["web"]
    assert selected == {
        name: entry if name == "public" else [re.sub("^(web|live|upload|probe)-metrics$|-pods$", r"\1", name)]
        for name in services
    }
    assert guarded == {name: [name] for name in budgets}
    assert owned == {name: [name] for name in owners}


def test_every_service_targets_a_named_port_of_its_pods(manifests: Manifests) -> None:
    targets = [
        (one["spec"]["selector"], port["targetPort"])
        for one in manifests.of("Service")
        for port in one["spec"]["ports"]
    ]
    ports = [
        {port["name"] for workload in manifests.selected({"matchLabels": selector}) for container in workload.containers
         for port in container.get("ports", [])}
        for selector, _ in targets
    ]  # fmt: skip

    assert all(port in names for (_, port), names in zip(targets, ports, strict=True))


def test_the_ingress_routes_to_the_service_and_never_to_the_metrics(manifests: Manifests) -> None:
    backends = [
        (path["path"], path["backend"]["service"]["name"], path["backend"]["service"]["port"]["name"])
        for one in manifests.of("Ingress")
        for rule in one["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]

    routed = [
        (match["path"]["value"], backend["name"], backend["port"])
        for one in manifests.of("HTTPRoute")
        for rule in one["spec"]["rules"]
        for match in rule["matches"]
        for backend in rule["backendRefs"]
    ]
    routed += [(one["spec"].get("path", "/"), one["spec"]["to"]["name"], 80) for one in manifests.of("Route")]

    expected = {"/": "public", "/live/events": "live"}
    if any(one["metadata"]["name"] == "upload" for one in manifests.of("Service")):
        expected |= dict.fromkeys(("/api/v1/imports", "/api/v1/positions", "/imports"), "upload")
    port = "http" if manifests.of("Ingress") else 80
    paths = backends if manifests.of("Ingress") else routed
    assert sorted(paths) == sorted((path, service, port) for path, service in expected.items())
    assert [port["name"] for port in manifests.one("Service", "public")["spec"]["ports"]] == ["http"]


def test_only_the_autoscaler_sets_the_number_of_web_pods(manifests: Manifests) -> None:
    scaler = manifests.one("HorizontalPodAutoscaler", "web")["spec"]
    deployment = manifests.one("Deployment", "web")
    (metric,) = scaler["metrics"]

    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert "replicas" not in deployment["spec"]
    assert metric["containerResource"]["container"] in [
        container["name"] for container in manifests.workload("web").pod["containers"]
    ]
    assert scaler["behavior"]["scaleUp"]["policies"]
    assert scaler["behavior"]["scaleDown"]["policies"]


def test_a_rollout_never_stops_a_pod_before_its_successor_is_ready(manifests: Manifests) -> None:
    spec = manifests.one("Deployment", "web")["spec"]

    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["minReadySeconds"] >= 5
    assert spec["progressDeadlineSeconds"] > spec["minReadySeconds"]


def test_spread_constraints_count_one_revision_and_never_block_scheduling(manifests: Manifests) -> None:
    web = manifests.workload("web")
    rules = web.pod["topologySpreadConstraints"]

    assert [rule["topologyKey"] for rule in rules] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert all(rule["whenUnsatisfiable"] == "ScheduleAnyway" for rule in rules)
    assert all(rule["matchLabelKeys"] == ["pod-template-hash"] for rule in rules)
    assert all(rule["labelSelector"]["matchLabels"].items() <= web.labels.items() for rule in rules)


@pytest.mark.parametrize("name", ["web", "mongodb"])
def test_a_disruption_budget_lets_nodes_drain_and_keeps_one_pod_serving(manifests: Manifests, name: str) -> None:
    budget = manifests.one("PodDisruptionBudget", name)["spec"]
    scalers = {one["metadata"]["name"]: one["spec"]["minReplicas"] for one in manifests.of("HorizontalPodAutoscaler")}
    replicas = scalers.get(name) or manifests.one("StatefulSet", name)["spec"]["replicas"]

    assert 1 <= budget["maxUnavailable"] < replicas
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_the_replica_set_has_three_members_which_every_client_lists(manifests: Manifests) -> None:
    mongodb = manifests.one("StatefulSet", "mongodb")["spec"]
    service = manifests.one("Service", mongodb["serviceName"])["spec"]
    members = [f"mongodb-{number}.mongodb:27017" for number in range(mongodb["replicas"])]
    (initiate,) = [
        container for container in manifests.workload("indexes").containers if container["name"] == "replica-set"
    ]

    assert len(members) == 3
    assert service["clusterIP"] == "None"
    assert service["publishNotReadyAddresses"] is True
    uris = [one["stringData"]["uri"] for one in secrets.create("halocline")["items"] if "uri" in one["stringData"]]
    assert len(uris) == 5
    assert all(uri.partition("@")[2] == f"{','.join(members)}/?replicaSet=rs0&authSource=admin" for uri in uris)
    assert initiate["args"] == ["rs0", *members]


def test_the_database_and_the_cache_stay_within_their_memory(manifests: Manifests) -> None:
    (mongod,) = manifests.workload("mongodb").containers
    (redis,) = manifests.workload("redis").containers
    cache_gb = float(mongod["args"][mongod["args"].index("--wiredTigerCacheSizeGB") + 1])
    cache_mb = int(redis["args"][redis["args"].index("--maxmemory") + 1].removesuffix("mb"))

    assert cache_gb * 2**30 <= quantity(mongod["resources"]["limits"]["memory"]) / 2
    assert cache_mb * 2**20 <= quantity(redis["resources"]["limits"]["memory"]) * 3 / 4


def test_the_cache_evicts_and_stores_nothing_on_disk(manifests: Manifests) -> None:
    (redis,) = manifests.workload("redis").containers
    options = dict(zip(redis["args"][::2], redis["args"][1::2], strict=True))

    assert options["--maxmemory-policy"] == "allkeys-lfu"
    assert options["--save"] == ""
    assert options["--appendonly"] == "no"


def test_a_finished_index_job_is_deleted_before_the_next_release(manifests: Manifests) -> None:
    assert manifests.one("Job", "indexes")["spec"]["ttlSecondsAfterFinished"] <= 600


def test_argo_cd_and_flux_keep_the_finished_job_and_may_replace_it() -> None:
    job = combined("own", "ingress-traefik").one("Job", "indexes")

    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert job["metadata"]["annotations"] == {
        "kustomize.toolkit.fluxcd.io/force": "enabled",
        "argocd.argoproj.io/sync-options": "Replace=true,Force=true",
    }


def test_a_member_is_ready_when_it_serves_not_when_it_listens(manifests: Manifests) -> None:
    (mongod,) = manifests.workload("mongodb").containers
    probe = mongod["readinessProbe"]

    assert probe.get("exec") == {"command": ["bash", "/etc/mongodb/ready.sh"]}
    assert {"name": "scripts", "mountPath": "/etc/mongodb", "readOnly": True} in mongod["volumeMounts"]


def test_the_stores_accept_no_client_without_a_password(manifests: Manifests) -> None:
    (mongod,) = manifests.workload("mongodb").containers
    (redis,) = manifests.workload("redis").containers
    options = dict(zip(redis["args"][::2], redis["args"][1::2], strict=True))

    assert "mongod --keyFile" in mongod["command"][2]
    assert options["--aclfile"] == "/run/secrets/redis/users.acl"
    assert "--protected-mode" not in options


def test_pods_read_only_secrets_that_the_command_makes_and_each_role_its_own(manifests: Manifests) -> None:
    made = {one["metadata"]["name"]: set(one["stringData"]) for one in secrets.create("halocline")["items"]}
    read = {workload.name: set(_secret_keys(workload)) for workload in manifests.workloads}
    required = {pair for pairs in read.values() for pair in pairs}

    assert all(key in made[name] for name, key in required)
    assert read["web"] == {("mongodb-web", "uri"), ("redis", "url")}
    assert read["live"] == read["web"]
    assert read["verify"] == {("mongodb-ingest", "uri")}
    assert read["mongodb"] == {("mongodb-keyfile", "keyfile")}
    assert read["redis"] == {("redis", "users.acl")}
    # Only the Job that creates the users knows all passwords.
    assert {name for name, pairs in read.items() if ("mongodb-users", "users.json") in pairs} == {"indexes"}


def test_external_secrets_are_those_that_the_command_makes() -> None:
    objects = combined("own", "ingress-traefik").of("ExternalSecret")
    named = {one["spec"]["target"]["name"]: {each["secretKey"] for each in one["spec"]["data"]} for one in objects}
    made = {one["metadata"]["name"]: set(one["stringData"]) for one in secrets.create("halocline")["items"]}
    assert named == made
    assert [one["metadata"]["name"] for one in objects] == list(named)


def _secret_keys(workload: Workload) -> Iterator[tuple[str, str]]:
    """(Secret, key) of all required Secrets in the volumes of a pod."""
    for volume in workload.pod.get("volumes", []):
        sources = volume.get("projected", {}).get("sources", [])
        found = [volume["secret"]] if "secret" in volume else [each["secret"] for each in sources if "secret" in each]
        for source in found:
            if not source.get("optional"):
                name = source.get("secretName") or source["name"]
                yield from ((name, item["key"]) for item in source.get("items", [{"key": "(all)"}]))


def test_the_name_of_the_settings_contains_their_hash_so_that_a_change_restarts_the_pods(manifests: Manifests) -> None:
    names = {one["metadata"]["name"] for one in manifests.of("ConfigMap")}
    used = {
        source["configMapRef"]["name"]
        for one in manifests.workloads
        for container in one.containers
        for source in container.get("envFrom", [])
    }

    assert len(used) == 1
    assert used <= names
    assert not used & {"halocline"}


def test_faults_can_be_switched_on_in_the_lab_only(manifests: Manifests) -> None:
    (namespace,) = manifests.of("Namespace")
    settings = manifests.settings

    assert (settings["HALOCLINE_ENVIRONMENT"] == "lab") == (namespace["metadata"]["name"] == "halocline-lab")
    assert not [name for name in settings if name.startswith("HALOCLINE_FAULT")]


def test_pods_listen_on_all_addresses_and_the_environment_is_consistent(manifests: Manifests) -> None:
    settings = manifests.settings

    assert (settings["WEB_BIND"], settings["METRICS_BIND"]) == ("0.0.0.0:8000", "0.0.0.0:9100")
    assert settings["HALOCLINE_ENVIRONMENT"] != "production" or "HALOCLINE_PUBLIC_URL" in settings


def test_every_secret_read_from_a_file_has_its_mount(manifests: Manifests) -> None:
    containers = [container for one in manifests.workloads for container in one.containers]
    read = [
        (container, one["value"])
        for container in containers
        for one in container.get("env", [])
        if one["name"].endswith("_FILE")
    ]

    assert read
    assert all(
        any(path.startswith(mount["mountPath"] + "/") for mount in container["volumeMounts"])
        for container, path in read
    )


def test_the_store_is_verified_each_night_by_one_job_with_a_deadline(manifests: Manifests) -> None:
    spec = manifests.one("CronJob", "verify")["spec"]
    job = spec["jobTemplate"]["spec"]
    (container,) = manifests.workload("verify").containers

    assert (spec["schedule"].split()[2:], spec["timeZone"]) == (["*", "*", "*"], "Etc/UTC")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert 0 < spec["startingDeadlineSeconds"] < 86_400
    assert 0 < job["activeDeadlineSeconds"] < 86_400
    assert spec["successfulJobsHistoryLimit"] >= 1
    assert spec["failedJobsHistoryLimit"] >= 1
    assert container["args"][:2] == ["halocline", "verify"]


def test_a_verification_that_reports_differences_is_not_retried(manifests: Manifests) -> None:
    job = manifests.one("CronJob", "verify")["spec"]["jobTemplate"]["spec"]
    (container,) = manifests.workload("verify").containers

    assert job["podFailurePolicy"]["rules"][0] == {
        "action": "FailJob",
        "onExitCodes": {"containerName": container["name"], "operator": "In", "values": [1]},
    }
    assert job["template"]["spec"]["restartPolicy"] == "Never"
