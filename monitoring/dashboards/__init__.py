"""Dashboards as code: `rendered` returns them in Grafana's classic JSON.

File provisioning and the sidecar do not support the newer schema. At most 24 panels each.
"""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from monitoring.dashboards import board, capacity, causes, data, overview, traffic
from monitoring.slo import Objectives

BOARDS = {
    "overview": overview.build,
    "traffic": traffic.build,
    "causes": causes.build,
    "capacity": capacity.build,
    "data": data.build,
}


def rendered(objectives: Objectives) -> dict[str, str]:
    """Return the text of each dashboard's file, by the uid of the dashboard. Deterministic."""
    return {board.uid(name): _text(build(objectives).build()) for name, build in BOARDS.items()}


def _text(built: dashboard.Dashboard) -> str:
    # Links and alerts refer to a panel by its id: numbering by position keeps the ids stable between runs.
    for number, panel in enumerate(built.panels or [], start=1):
        panel.id_val = number
    return json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
