"""Drills of what an intruder finds: in a pod, and in a network without policies."""

from typing import Any

import pytest

from tests.e2e.cluster.cluster import Lab, get, kubectl, until

pytestmark = pytest.mark.timeout(300)

Figures = dict[str, Any]
# Prints what a process in a container may do; every line should say no.
INSIDE = """
token=/var/run/secrets/kubernetes.io/serviceaccount/token
[ -e $token ] && echo token
[ "$(id -u)" = 0 ] && echo root
(: >/halocline-was-here) 2>/dev/null && echo "writable root"
[ "$(grep -c '^CapEff:.0*$' /proc/self/status)" = 1 ] || echo capabilities
[ "$(grep -c '^NoNewPrivs:.1$' /proc/self/status)" = 1 ] || echo privileges
[ "$(grep -c '^Seccomp:.2$' /proc/self/status)" = 1 ] || echo "no seccomp"
echo checked
"""
# `find` without a password, and GET; prints what the servers answered.
UNAUTHENTICATED = """
import pymongo, redis, sys
try:
    print(pymongo.MongoClient(sys.argv[1], directConnection=True, timeoutMS=5000).halocline.missions.find_one())
except pymongo.errors.PyMongoError as error:
    print(f"mongodb {type(error).__name__} {getattr(error, 'code', '')}")
try:
    print(redis.Redis(sys.argv[2], socket_timeout=5).get("halocline:page"))
except redis.RedisError as error:
    print(f"redis {type(error).__name__}")
"""


@pytest.mark.parametrize("pod", ["deployment/web", "deployment/ingest", "deployment/redis", "mongodb-0"])
def test_a_process_in_a_pod_is_restricted(lab: Lab, figures: Figures, pod: str) -> None:
    found = kubectl("exec", pod, "--", "sh", "-c", INSIDE).split("\n")[:-1]

    figures.setdefault("restricted pods", {})[pod] = found
    assert found == ["checked"]


def test_without_network_policies_the_stores_still_refuse_clients_without_a_password(
    lab: Lab, figures: Figures
) -> None:
    names = [policy["metadata"]["name"] for policy in get("networkpolicies")["items"]]
    try:
        kubectl("delete", "networkpolicies", "--all")
        output = until("an answer of both stores", lambda: _unauthenticated(lab), 60)
    finally:
        lab.apply()

    figures["without network policies"] = {"policies removed": len(names), "answers": output.splitlines()}
    assert output.splitlines() == ["mongodb OperationFailure 13", "redis AuthenticationError"]


def _unauthenticated(lab: Lab) -> str:
    mongodb, redis = (lab.pods(name)[0]["status"]["podIP"] for name in ("mongodb", "redis"))
    output = lab.python("visitor-one", UNAUTHENTICATED, mongodb, redis).strip()
    return "" if "ConnectionError" in output or "Timeout" in output or "ServerSelection" in output else output
