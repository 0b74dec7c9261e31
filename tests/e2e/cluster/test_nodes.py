"""The drill of a node: it is drained under load.

It needs a cluster with two nodes. Cordon the second one before the drills, so that it gets no volume of MongoDB: local
volumes cannot move.
"""

from typing import Any

import pytest

from tests.e2e.cluster.cluster import Lab, get, is_ready, kubectl, until
from tests.e2e.cluster.load import Visitors

pytestmark = pytest.mark.timeout(900)

Figures = dict[str, Any]


def test_a_drained_node_loses_no_request(lab: Lab, figures: Figures, full: bool) -> None:
    nodes = [node["metadata"]["name"] for node in get("nodes")["items"]]
    if len(nodes) < 2:
        pytest.skip("the cluster has one node")
    drained = sorted(nodes)[-1]
    kubectl("uncordon", drained)
    lab.apply()
    lab.restart()
    until("web pods on two nodes", lambda: len(_nodes(lab)) > 1, 60)

    with Visitors(lab.url) as visitors:
        options = ["--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=240s"]
        output = kubectl("drain", drained, *options, timeout_s=250)
        until("all web pods on the other node", lambda: drained not in _nodes(lab), 60)
        lab.rolled_out()
        visitors.wait(20_000 if full else 2000)
    kubectl("uncordon", drained)

    figures["node drained"] = visitors.figures | {
        "evicted": output.count("evicted"),
        "held back by a budget": output.count("Cannot evict pod"),
    }
    assert visitors.failed == {}


def _nodes(lab: Lab) -> set[str]:
    """The nodes of the web pods that are Ready."""
    return {pod["spec"]["nodeName"] for pod in lab.pods("web") if is_ready(pod)}
