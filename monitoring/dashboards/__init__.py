"""Dashboards as code: `rendered` returns them in Grafana's classic JSON.

File provisioning and the sidecar do not support the newer schema. At most 24 panels each.
"""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from monitoring.dashboards import overview
from monitoring.slo import Objectives


def rendered(objectives: Objectives) -> dict[str, str]:
    """Return the text of each dashboard's file, by name. Deterministic."""
    boards = {"overview": overview.build(objectives).build()}
    return {name: _text(board) for name, board in boards.items()}


def _text(board: dashboard.Dashboard) -> str:
    # Links and alerts refer to a panel by its id: numbering by position keeps the ids stable between runs.
    for number, panel in enumerate(board.panels or [], start=1):
        panel.id_val = number
    return json.dumps(board, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
