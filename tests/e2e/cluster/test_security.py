"""Drills of what an intruder finds: in a pod, and in a network without policies."""

import json
from typing import Any

import pytest

from tests.e2e.cluster.cluster import Lab, get, kubectl, until, web_patch

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


def test_a_pod_with_a_wrong_password_says_so_and_stays_unready(lab: Lab, figures: Figures) -> None:
    # The variable instead of the file of the Secret.
    uri = "mongodb://web-a:wrong@mongodb-0.mongodb:27017,mongodb-1.mongodb:27017/?replicaSet=rs0&authSource=admin"
    before = {pod["metadata"]["name"] for pod in lab.pods("web")}
    try:
        lab.apply(web_patch({"MONGODB_URI_FILE": "", "MONGODB_URI": uri}))
        line = until("the log line", lambda: _down(lab, before), 60)
        kept = before <= {pod["metadata"]["name"] for pod in lab.pods("web")}
    finally:
        lab.apply()

    figures["wrong password"] = {"log": line}
    assert kept
    assert '"error":"AuthenticationFailed"' in line
    assert "wrong@" not in line


def test_a_missing_secret_is_named_in_the_events_of_the_pod(lab: Lab, figures: Figures) -> None:
    name = "backup-without-secret"
    job = json.loads(kubectl("create", "job", name, "--from=cronjob/backup", "--dry-run=client", "--output=json"))
    job["spec"]["template"]["spec"]["volumes"][1] = {"name": "secrets", "secret": {"secretName": "no-such-secret"}}
    kubectl("apply", "--filename", "-", stdin=json.dumps(job).encode())
    try:
        message = until("the event", lambda: _event(f"{name}-", "FailedMount"), 60)
    finally:
        kubectl("delete", "job", name)

    figures["missing secret"] = {"event": message}
    assert 'secret "no-such-secret" not found' in message


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


def _down(lab: Lab, before: set[str]) -> str:
    """The line in which a new web pod reports that MongoDB is down; empty without one."""
    for pod in lab.pods("web"):
        if pod["metadata"]["name"] not in before:
            log = kubectl("logs", pod["metadata"]["name"], "--container=app", check=False).splitlines()
            found = [line for line in log if '"dependency_down"' in line and '"mongodb"' in line]
            if found:
                return found[0]
    return ""


def _event(prefix: str, reason: str) -> str:
    """The message of an event about a pod whose name begins so; empty without one."""
    events = get("events", f"--field-selector=reason={reason}")["items"]
    return next((each["message"] for each in events if each["involvedObject"]["name"].startswith(prefix)), "")
