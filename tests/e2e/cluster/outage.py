"""The loss of all web pods behind the edge cache, while visitors request pages that it has stored."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.cluster.cluster import Lab, kubectl, read, response, until
from tests.e2e.cluster.load import PAGES, Visitors


@dataclass(frozen=True, slots=True)
class Outage:
    """What visitors got: requests, outcomes other than 200, and what the cache reported near the end.

    `not_stored` is the status of a page that was not stored. `recovered_s`: from ready web pods to fresh pages.
    """

    seconds: float
    requests: int
    failed: Counter[str]
    not_stored: int
    outcomes: set[str]
    recovered_s: float


def of_web_pods(lab: Lab, meanwhile: Callable[[], object], replicas: int = 2) -> Outage:
    """Delete all web pods until `meanwhile` returns, then start `replicas` again."""
    until("every page stored in both edge pods", lambda: _is_stored(lab), 60)
    with Visitors(lab.url, clients_per_page=1) as visitors:
        try:
            kubectl("scale", "deployment/web", "--replicas=0")
            until("the end of the web pods", lambda: not lab.pods("web"), 90)
            lost = time.monotonic()
            meanwhile()
            seconds = time.monotonic() - lost
            not_stored, _ = read(f"{lab.url}/basins/not-stored")
            outcomes = {outcome(lab, page) for page in PAGES}
        finally:
            kubectl("scale", "deployment/web", f"--replicas={replicas}")
        # Longer than a start on a busy machine takes: what the visitors got must not be lost.
        lab.rolled_out(timeout_s=600)
        began = time.monotonic()
        until("fresh pages", lambda: all(outcome(lab, page) in {"HIT", "REVALIDATED"} for page in PAGES), 30)
        recovered_s = time.monotonic() - began
    return Outage(round(seconds, 1), visitors.sent, visitors.failed, not_stored, outcomes, recovered_s)


def outcome(lab: Lab, path: str) -> str:
    """What the edge cache reports about its response; empty without an edge cache."""
    _, _, headers = response(lab.url + path)
    return headers.get("X-Cache-Status", "")


def _is_stored(lab: Lab) -> bool:
    """True if both pods have each page: none of ten responses had to be stored first."""
    return all(outcome(lab, page) not in {"", "MISS"} for page in PAGES for _ in range(10))
