"""Initiate a MongoDB replica set of the given members, unless it is initiated.

Usage: initiate.py SET HOST:PORT...   Waits for the members, then for a primary; exits with 1 after five minutes.
Safe to run again: a member that has lost its data is synchronized by the others, never initiated alone.
"""

import sys
import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

# The Job that runs this retries; a single attempt should outlast slow volumes and image pulls.
DEADLINE_S = 300
PAUSE_S = 2


def hello(member: str) -> dict[str, Any]:
    """The `hello` response of one member; raises PyMongoError if there is none within 2 s."""
    with MongoClient[dict[str, Any]](member, directConnection=True, timeoutMS=2000) as client:
        return client.admin.command("hello")


def initiate(name: str, members: list[str]) -> None:
    """Initiate the set through the first member; raises PyMongoError if it refuses."""
    config = {"_id": name, "members": [{"_id": n, "host": host} for n, host in enumerate(members)]}
    # Longer than for `hello`: the members vote before the response.
    with MongoClient[dict[str, Any]](members[0], directConnection=True, timeoutMS=20_000) as client:
        client.admin.command("replSetInitiate", config)


def state(name: str, members: list[str]) -> str:
    """`ready`, `electing`, `new`, or `waiting for` the members that do not respond."""
    responses, missing = [], []
    for member in members:
        try:
            responses.append(hello(member))
        except PyMongoError as error:
            missing.append(f"{member} ({type(error).__name__})")
    if any(response.get("setName") == name and response.get("isWritablePrimary") for response in responses):
        return "ready"
    if any("setName" in response for response in responses):
        return "electing"
    return "waiting for " + ", ".join(missing) if missing else "new"


def main(name: str, *members: str) -> int:
    """Exit status: 0 once the set has a primary, 1 if it has none in time."""
    deadline = time.monotonic() + DEADLINE_S
    printed = ""
    while time.monotonic() < deadline:
        current = state(name, list(members))
        if current != printed:
            sys.stdout.write(f"{name}: {current}\n")
            printed = current
        if current == "ready":
            return 0
        if current == "new":
            try:
                initiate(name, list(members))
            except PyMongoError as error:
                sys.stdout.write(f"{name}: {error}\n")
        time.sleep(PAUSE_S)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
