"""Dashboards as code: `rendered` returns them in Grafana's classic JSON.

File provisioning and the sidecar do not support the newer schema. At most 24 panels each.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from monitoring.dashboards import board, capacity, causes, data, overview, traffic
from monitoring.slo import Objectives

RUNBOOKS = "runbooks"
BOARDS = {
    "overview": overview.build,
    "traffic": traffic.build,
    "causes": causes.build,
    "capacity": capacity.build,
    "data": data.build,
}


def rendered(objectives: Objectives, limits: Mapping[str, float]) -> dict[str, str]:
    """Return the text of each dashboard's file, by the uid of the dashboard. Deterministic.

    `limits` are those of the alerts, by their names.
    """
    # The address of the runbooks is in one place of each file, so that an overlay can set it.
    linked = dataclasses.replace(objectives, runbooks=f"${{{RUNBOOKS}}}")
    runbooks = board.constant(RUNBOOKS, objectives.runbooks)
    return {
        board.uid(name): _text(build(linked, limits).with_variable(runbooks).build()) for name, build in BOARDS.items()
    }


def kustomization(objectives: Objectives, texts: dict[str, str]) -> dict[str, Any]:
    """Return the component that makes a ConfigMap of each dashboard, and sets the address of the runbooks in it.

    Grafana's sidecar selects them by the label and writes each key as a file into the folder. With a hash in the name,
    or the same key twice, it would keep the file of an old ConfigMap, or delete that of a new one.
    """
    options = {
        "disableNameSuffixHash": True,
        "labels": {"app.kubernetes.io/name": "halocline", "grafana_dashboard": "1"},
        "annotations": {"grafana_folder": "Halocline"},
    }
    return {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "configMapGenerator": [
            {"name": _config_map(uid), "files": [f"{uid}.json"], "options": options} for uid in texts
        ],
        "replacements": [
            {
                "source": {"kind": "ConfigMap", "name": "monitoring-links", "fieldPath": "data.runbooks"},
                "targets": [
                    {
                        "select": {"kind": "ConfigMap", "name": _config_map(uid)},
                        "fieldPaths": [f"data.[{uid}.json]"],
                        # The text between two quotes.
                        "options": {"delimiter": '"', "index": text.split('"').index(objectives.runbooks)},
                    }
                    for uid, text in texts.items()
                ],
            }
        ],
    }


def _config_map(uid: str) -> str:
    return uid.replace(f"{board.TAG}-", f"{board.TAG}-dashboard-")


def _text(built: dashboard.Dashboard) -> str:
    # Links and alerts refer to a panel by its id: numbering by position keeps the ids stable between runs.
    for number, panel in enumerate(built.panels or [], start=1):
        panel.id_val = number
    return json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
