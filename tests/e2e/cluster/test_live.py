"""Drills of live events: streams move to other pods when theirs is lost or replaced, and miss no change."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import importing
from tests.e2e.cluster.cluster import Lab, kubectl, read, until
from tests.e2e.cluster.live_clients import Clients

pytestmark = pytest.mark.timeout(600)

Figures = dict[str, Any]
Import = Callable[[str], str]
STREAMS = 300
# A client connects again after 3 s at most, and the Service forgets a killed pod within seconds.
RECOVERED_WITHIN_S = 60
_LAST_CHANGE = """
import os, pymongo
db = pymongo.MongoClient(open(os.environ["MONGODB_URI_FILE"]).read())["halocline"]
print(db.counters.find_one({"_id": "changes"})["n"])
"""


@pytest.fixture
def clients(lab: Lab) -> Iterator[Clients]:
    """Streams through the ingress for all changes of missions, read as a browser reads them."""
    with Clients(lab.url, "mission,platform,totals,tracks") as clients:
        yield clients


@pytest.fixture
def store(tmp_path: Path) -> Import:
    """A function that imports a mission of a platform and returns the tag of this mission."""

    def store(name: str) -> str:
        reports = importing.run(importing.make(tmp_path, name, 1))
        assert [report["outcome"] for report in reports] == ["stored"]
        return f"mission:{name}00/{importing.MISSION}"

    return store


def _last_change(lab: Lab) -> int:
    return int(lab.python("deployment/ingest", _LAST_CHANGE))


def _received(clients: Clients, number: int) -> float:
    """Wait until every stream has this change; the seconds that it took."""
    began = time.monotonic()
    until("the last change on all streams", lambda: clients.have(number), RECOVERED_WITHIN_S, every_s=0.1)
    return round(time.monotonic() - began, 1)


def test_streams_are_served_by_pods_of_their_own(lab: Lab) -> None:
    status, body = read(f"{lab.url}/live/events?tags=unknown")

    assert (status, b"tags of the change log" in body) == (400, True)
    assert len(lab.pods("live")) == 2
    assert read(f"{lab.url}/fleet")[1].count(b'data-url="/live/events"') == 1


def test_a_killed_pod_costs_no_change(lab: Lab, clients: Clients, store: Import, figures: Figures) -> None:
    clients.open(20)
    tags = {store("livekilla")}
    victim = lab.pods("live")[0]["metadata"]["name"]
    # At once, as when its node is lost: no stream is ended in an orderly way.
    kubectl("delete", "pod", victim, "--grace-period=0", "--force")
    tags |= {store("livekillb"), store("livekillc")}
    took_s = _received(clients, _last_change(lab))

    figures["live pod killed"] = {
        "streams": 20, "reconnects": clients.reconnects, "resynchronised": clients.resyncs,
        "last change on all streams after, s": took_s,
    }  # fmt: skip
    assert clients.reconnects > 0
    assert clients.missing(tags) == []
    assert clients.repeated() == []
    kubectl("rollout", "status", "deployment/live", "--timeout=120s", timeout_s=130)


def test_a_rollout_moves_open_streams_without_loss(lab: Lab, clients: Clients, store: Import, figures: Figures) -> None:
    clients.open(STREAMS)
    tags = {store("liverolla")}
    kubectl("rollout", "restart", "deployment/live")
    tags |= {store("liverollb"), store("liverollc")}
    kubectl("rollout", "status", "deployment/live", "--timeout=240s", timeout_s=250)
    until("only the new pods", lambda: len(lab.pods("live")) == 2, 120)
    tags |= {store("liverolld")}
    took_s = _received(clients, _last_change(lab))

    figures["live rollout"] = {
        "streams": STREAMS, "reconnects": clients.reconnects, "refused": clients.refused,
        "resynchronised": clients.resyncs, "last change on all streams after, s": took_s,
    }  # fmt: skip
    assert clients.reconnects >= STREAMS
    assert clients.missing(tags) == []
    assert clients.repeated() == []
