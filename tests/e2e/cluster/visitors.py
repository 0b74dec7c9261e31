"""Requests of the visitor pods, which have addresses of their own, through the ingress controller's Service."""

from tests.e2e.cluster.cluster import Lab, kubectl, read

# Statuses of N requests to an endpoint that is never cached, through the ingress controller's Service. If a header is
# named, each request forges another client address in it.
REQUESTS = """
import sys, urllib.error, urllib.request
forged, statuses = sys.argv[2], []
for number in range(int(sys.argv[1])):
    headers = {forged: f"198.51.100.{number}"} if forged else {}
    url = "http://traefik.traefik.svc.cluster.local/api/v1/imports"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
            statuses.append(response.status)
    except urllib.error.HTTPError as error:
        statuses.append(error.code)
print(*statuses)
"""


def statuses(pod: str, times: int, forged: str = "") -> list[int]:
    """The statuses of requests of a visitor; the header `forged`, if any, has another address in each request."""
    output = kubectl("exec", pod, "--", "python", "-c", REQUESTS, str(times), forged)
    return [int(status) for status in output.split()]


def connect_to_redis(lab: Lab, requests: int = 30) -> None:
    """Let each web pod connect to Redis, with requests of a third client.

    A connection to Redis that is slower than its timeout is no failure of the limits: the request is counted in memory.
    On a busy machine the first connection of a pod can be that slow, and the budgets of a drill would be too large.
    """
    for _ in range(requests):
        read(f"{lab.url}/api/v1/imports")
