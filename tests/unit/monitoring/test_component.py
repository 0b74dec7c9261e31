"""The standalone component deploys the content of monitoring/."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring import slo
from tests.unit.deploy import manifests
from tests.unit.monitoring.sources import ALERTS, COMPONENT, FOREIGN, MONITORING

PROMETHEUS = yaml.safe_load((COMPONENT / "prometheus.yml").read_text("utf-8"))
JOBS: dict[str, dict[str, Any]] = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}


@pytest.fixture
def objects(tmp_path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The objects of the component alone in a namespace, by kind and name without hash."""
    here = os.path.relpath(COMPONENT, tmp_path)
    (tmp_path / "kustomization.yaml").write_text(f"namespace: watched\ncomponents: [{here}]\n")
    rendered = manifests.of(tmp_path).objects
    return {(one["kind"], _plain(one)): one for one in rendered}


def _plain(document: dict[str, Any]) -> str:
    """Return the name without the hash that Kustomize appends to a generated ConfigMap."""
    name = str(document["metadata"]["name"])
    return re.sub(r"-[a-z0-9]{10}$", "", name) if document["kind"] == "ConfigMap" else name


@pytest.mark.parametrize(("name", "folder"), [("prometheus-rules", "rules"), ("alertmanager-config", "alertmanager")])
def test_configuration_comes_from_monitoring(
    name: str, folder: str, objects: dict[tuple[str, str], dict[str, Any]]
) -> None:
    data = objects["ConfigMap", name]["data"]

    assert data == {key: (MONITORING / folder / key).read_text("utf-8") for key in data}


def test_every_rule_file_is_deployed(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(objects["ConfigMap", "prometheus-rules"]["data"]) == {
        path.name for path in (MONITORING / "rules").glob("*.yml")
    }


def test_the_scrape_jobs_are_those_of_the_rules() -> None:
    assert {slo.load().job, slo.load().probe_job} <= JOBS.keys()


def test_the_alert_on_the_number_of_series_warns_at_70_per_cent_of_the_limit_of_the_job() -> None:
    (near,) = [alert for alert in ALERTS if alert["alert"] == "ScrapeNearLimit"]

    # Of each job whose pods are scraped for series of their own.
    limits = {job: JOBS[job]["sample_limit"] for job in JOBS if "sample_limit" in JOBS[job]}
    watched = re.findall(r'job=~?"([^"]+)"}\) > 0\.7 \* (\d+)', near["expr"])
    assert {job: [int(most) for jobs, most in watched if re.fullmatch(jobs, job)] for job in limits} == {
        job: [most] for job, most in limits.items()
    }


@pytest.mark.parametrize("job", ["kube-state-metrics", "cadvisor", "kubelet"])
def test_a_job_of_the_whole_cluster_keeps_only_the_series_of_this_namespace(job: str) -> None:
    target, metric = JOBS[job]["relabel_configs"], JOBS[job]["metric_relabel_configs"]

    assert JOBS[job]["kubernetes_sd_configs"] == [{"role": "pod", "namespaces": {"own_namespace": True}}]
    assert {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "own_namespace"} in target
    assert metric[-2:] == [
        {"action": "keepequal", "source_labels": ["namespace"], "target_label": "own_namespace"},
        {"action": "labeldrop", "regex": "own_namespace"},
    ]


@pytest.mark.parametrize("job", ["kube-state-metrics", "cadvisor"])
def test_a_job_keeps_the_series_of_rules_and_dashboards(job: str) -> None:
    keep = JOBS[job]["metric_relabel_configs"][0]["regex"]
    prefix = {"kube-state-metrics": "kube_", "cadvisor": "container_"}[job]

    assert [name for name in sorted(FOREIGN) if name.startswith(prefix) and not re.fullmatch(keep, name)] == []


def test_no_receiver_sends_anything_by_default_and_the_component_says_so(
    objects: dict[tuple[str, str], dict[str, Any]],
) -> None:
    config = yaml.safe_load(objects["ConfigMap", "alertmanager-config"]["data"]["alertmanager.yml"])
    header = (COMPONENT / "kustomization.yaml").read_text("utf-8").partition("apiVersion")[0]

    assert config["receivers"] == [{"name": name} for name in ("pager", "tickets", "notes", "watchdog")]
    assert "Alertmanager sends NO notification" in header
    assert [one for one in objects if "alert-receiver" in one[1]] == []


def test_an_overlay_sets_the_address_of_the_links_in_one_line(tmp_path: Path) -> None:
    base = os.path.relpath(COMPONENT.parent.parent, tmp_path)
    (tmp_path / "kustomization.yaml").write_text(f"""namespace: watched
resources: [{base}/base]
components: [{base}/components/monitoring-standalone]
configMapGenerator:
- name: monitoring-links
  behavior: merge
  literals: [runbooks=https://wiki.example.org/halocline]
""")
    rendered = manifests.of(tmp_path)
    (links,) = [one for one in rendered.of("ConfigMap") if one["metadata"]["name"].startswith("monitoring-links-")]
    env = rendered.workload("prometheus").pod["containers"][0]["env"]
    keys = {one["name"]: one["valueFrom"]["configMapKeyRef"] for one in env}

    assert links["data"]["runbooks"] == "https://wiki.example.org/halocline"
    # The hash in the name restarts Prometheus after a change.
    assert keys["RUNBOOKS_URL"] == {"name": links["metadata"]["name"], "key": "runbooks"}
    assert PROMETHEUS["global"]["external_labels"]["halocline_runbooks"] == "${RUNBOOKS_URL}"
    assert PROMETHEUS["alerting"]["alert_relabel_configs"] == [
        {"action": "labeldrop", "regex": "halocline_(runbooks|grafana)"}
    ]


def test_the_watchdog_notifies_once_a_minute() -> None:
    config = yaml.safe_load((MONITORING / "alertmanager/alertmanager.yml").read_text("utf-8"))
    watchdog = next(route for route in config["route"]["routes"] if route["receiver"] == "watchdog")
    flush, repeat = (int(watchdog[key].removesuffix("s")) for key in ("group_interval", "repeat_interval"))

    # A flush notifies again if more than repeat_interval has passed; one exactly after it is slightly too early.
    assert (repeat // flush + 1) * flush == 60


def test_bindings_refer_to_the_service_account_of_the_namespace(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    bindings = [one for (kind, _), one in objects.items() if kind.endswith("RoleBinding")]

    assert [one["subjects"][0]["namespace"] for one in bindings] == ["watched", "watched"]


def test_resource_requests_are_small(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    requests = {
        name: one["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]
        for (kind, name), one in objects.items()
        if kind == "StatefulSet"
    }

    assert requests == {"alertmanager": "10m", "prometheus": "100m"}


def test_kube_state_metrics_reads_one_namespace_and_prometheus_its_service(tmp_path: Path) -> None:
    base = os.path.relpath(COMPONENT.parent.parent, tmp_path)
    names = [f"{base}/components/{name}" for name in ("monitoring-standalone", "kube-state-metrics")]
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump({"namespace": "watched", "resources": [f"{base}/base"], "components": names})
    )
    rendered = manifests.of(tmp_path)
    (container,) = rendered.workload("kube-state-metrics").pod["containers"]
    role = rendered.one("Role", "kube-state-metrics")
    prometheus = rendered.one("StatefulSet", "prometheus")["spec"]["template"]["metadata"]["annotations"]
    resources = next(one for one in container["args"] if "resources" in one).partition("=")[2].split(",")

    assert "--namespaces=$(NAMESPACE)" in container["args"]
    assert sorted(resources) == sorted(name for rule in role["rules"] for name in rule["resources"])
    assert [one["metadata"]["name"] for one in rendered.of("ClusterRole")] == ["halocline-prometheus"]
    assert prometheus == {"kube-state-metrics": "kube-state-metrics:8080"}
