"""Dashboards as code: each module builds one, `rendered` turns all of them into Grafana's classic JSON.

Classic, because file provisioning and the sidecar refuse the newer schema. At most 24 panels each.
"""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from monitoring.dashboards import overview
from monitoring.slo import Objectives


def rendered(objectives: Objectives) -> dict[str, str]:
    """The text of each dashboard's file, by name; the same for the same objectives."""
    boards = {"overview": overview.build(objectives).build()}
    return {name: _text(board) for name, board in boards.items()}


def _text(board: dashboard.Dashboard) -> str:
    # Links to one panel and alerts remember its number: by place, so that it does not change from run to run.
    for number, panel in enumerate(board.panels or [], start=1):
        panel.id_val = number
    return json.dumps(board, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
