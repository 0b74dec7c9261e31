"""Dashboards as code: each module builds one, `rendered` turns all of them into Grafana's classic JSON.

Classic, because file provisioning and the sidecar refuse the newer schema. At most 24 panels each.
"""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.dashboards import overview
from monitoring.slo import Objectives


def rendered(objectives: Objectives) -> dict[str, str]:
    """The text of each dashboard's file, by name; the same for the same objectives."""
    boards = {"overview": overview.build(objectives)}
    return {
        name: json.dumps(board.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name, board in boards.items()
    }
