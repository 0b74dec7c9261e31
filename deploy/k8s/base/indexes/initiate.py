"""Makes a MongoDB replica set out of the members named, unless it is one already.

Usage: initiate.py SET HOST:PORT...   Waits for the members, then for a primary; exits 1 after five minutes.
Safe to run again: a member that has lost its data is taken back by the others, never initiated alone.
"""

import sys
import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

# The Job that runs this tries again by itself; one try should outlast slow volumes and image pulls.
PATIENCE_S = 300
PAUSE_S = 2


def hello(member: str) -> dict[str, Any]:
    """What one member says of itself; raises PyMongoError when it does not answer within 2 s."""
    with MongoClient[dict[str, Any]](member, directConnection=True, timeoutMS=2000) as client:
        return client.admin.command("hello")


def initiate(name: str, members: list[str]) -> None:
    """Initiates the set through the first member; raises PyMongoError when it refuses."""
    config = {"_id": name, "members": [{"_id": n, "host": host} for n, host in enumerate(members)]}
    # The members vote on it before the answer comes.
    with MongoClient[dict[str, Any]](members[0], directConnection=True, timeoutMS=20_000) as client:
        client.admin.command("replSetInitiate", config)


def state(name: str, members: list[str]) -> str:
    """`ready`, `electing`, `new`, or what stands in the way of knowing."""
    answers, missing = [], []
    for member in members:
        try:
            answers.append(hello(member))
        except PyMongoError as error:
            missing.append(f"{member} ({type(error).__name__})")
    if any(answer.get("setName") == name and answer.get("isWritablePrimary") for answer in answers):
        return "ready"
    if any("setName" in answer for answer in answers):
        return "electing"
    return "waiting for " + ", ".join(missing) if missing else "new"


def main(name: str, *members: str) -> int:
    """0 as soon as the set has a primary, 1 when it has none in time."""
    deadline = time.monotonic() + PATIENCE_S
    told = ""
    while time.monotonic() < deadline:
        now = state(name, list(members))
        if now != told:
            sys.stdout.write(f"{name}: {now}\n")
            told = now
        if now == "ready":
            return 0
        if now == "new":
            try:
                initiate(name, list(members))
            except PyMongoError as error:
                sys.stdout.write(f"{name}: {error}\n")
        time.sleep(PAUSE_S)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
