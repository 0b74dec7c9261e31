"""The objects of the Prometheus Operator: the same rules, routes and labels as those of the standalone component."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring import receivers
from tests.unit.deploy import manifests
from tests.unit.deploy.manifests import Document, Manifests
from tests.unit.monitoring.sources import COMPONENT, GROUPS, MONITORING, OBJECTIVES, ROOT

OPERATOR = COMPONENT.parent / "monitoring-operator"
STANDALONE: dict[str, Document] = {
    job["job_name"]: job for job in yaml.safe_load((COMPONENT / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
}
# Labels of a target that the operator sets for a PodMonitor before its relabelings, and Prometheus itself.
BY_THE_OPERATOR = {"job", "namespace", "pod", "container", "endpoint", "instance"}


@pytest.fixture
def objects(tmp_path: Path) -> Manifests:
    """The base with the component, in an overlay that sets the address of the runbooks."""
    base = os.path.relpath(ROOT / "deploy/k8s", tmp_path)
    (tmp_path / "kustomization.yaml").write_text(f"""namespace: ocean
resources: [{base}/base]
components: [{base}/components/monitoring-operator]
configMapGenerator:
- name: monitoring-links
  behavior: merge
  literals: [runbooks=https://wiki.example.org/halocline]
""")
    return manifests.of(tmp_path)


def test_the_rules_are_those_of_the_standalone_component(objects: Manifests) -> None:
    groups = objects.one("PrometheusRule", "halocline")["spec"]["groups"]

    assert _without_annotations(groups) == _without_annotations(GROUPS)


def _without_annotations(groups: list[Document]) -> dict[str, Any]:
    return {
        group["name"]: [{key: rule[key] for key in rule if key != "annotations"} for rule in group["rules"]]
        for group in groups
    }


def test_an_overlay_sets_the_address_of_all_links_in_one_line(objects: Manifests) -> None:
    rules = [rule for group in objects.one("PrometheusRule", "halocline")["spec"]["groups"] for rule in group["rules"]]
    alerts = [rule for rule in rules if "alert" in rule]
    runbook = '{{ or $externalLabels.halocline_runbooks "https://wiki.example.org/halocline" }}/%s.md'

    assert [one["annotations"]["runbook_url"] for one in alerts] == [runbook % one["alert"] for one in alerts]
    assert all(f'"{OBJECTIVES.grafana}"' in one["annotations"]["dashboard_url"] for one in alerts)


def test_the_default_addresses_of_the_base_are_those_of_the_objectives() -> None:
    base = yaml.safe_load((ROOT / "deploy/k8s/base/kustomization.yaml").read_text("utf-8"))
    (links,) = [one for one in base["configMapGenerator"] if one["name"] == "monitoring-links"]

    assert links["literals"] == [f"runbooks={OBJECTIVES.runbooks}", f"grafana={OBJECTIVES.grafana}"]


@pytest.mark.parametrize("job", ["halocline-web", "halocline-probe"])
def test_a_pod_monitor_has_the_job_and_the_labels_of_the_standalone_component(job: str, objects: Manifests) -> None:
    spec = objects.one("PodMonitor", job)["spec"]
    (endpoint,) = spec["podMetricsEndpoints"]
    standalone = STANDALONE[job]
    own, dropped = endpoint["relabelings"]
    labels = {name for name in BY_THE_OPERATOR if not re.fullmatch(dropped["regex"], name)}
    expected = {one["target_label"] for one in standalone["relabel_configs"] if "target_label" in one}
    selector = [spec["selector"]["matchLabels"][f"app.kubernetes.io/{key}"] for key in ("name", "component")]

    assert own == {"targetLabel": "job", "replacement": job}
    assert labels == expected | {"job", "instance"}
    assert spec["sampleLimit"] == standalone["sample_limit"]
    assert standalone["relabel_configs"][0]["regex"] == ";".join([*selector, endpoint["port"]])


def test_the_probe_has_the_job_of_the_journey(objects: Manifests) -> None:
    assert objects.one("Probe", "halocline-public")["spec"]["jobName"] == OBJECTIVES.probe_job


def test_the_routes_and_receivers_are_those_of_the_native_set(objects: Manifests) -> None:
    spec = objects.one("AlertmanagerConfig", "halocline")["spec"]
    config = receivers.configuration(MONITORING / "alertmanager/receivers/native.yaml")
    pager, tickets, notes, watchdog = spec["receivers"]

    assert [route["receiver"] for route in spec["route"]["routes"]] == [
        route["receiver"] for route in config["route"]["routes"]
    ]
    assert spec["route"]["routes"][0]["matchers"] == [{"name": "alertname", "value": "Watchdog"}]
    assert len(spec["inhibitRules"]) == len(config["inhibit_rules"])
    secrets = [
        pager["pagerdutyConfigs"][0]["routingKey"],
        tickets["slackConfigs"][0]["apiURL"],
        notes["emailConfigs"][0]["authPassword"],
        watchdog["webhookConfigs"][0]["urlSecret"],
    ]
    assert {secret["name"] for secret in secrets} == {"alertmanager-receivers"}
    header = (OPERATOR.parent / "alert-receivers/kustomization.yaml").read_text("utf-8")
    assert [secret["key"] for secret in secrets if secret["key"] not in header] == []
    assert notes["emailConfigs"][0]["smarthost"] == config["global"]["smtp_smarthost"]
