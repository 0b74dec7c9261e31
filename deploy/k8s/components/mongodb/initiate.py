"""Initiate a MongoDB replica set of the given members, unless it is initiated, and make its users those of a file.

Usage: initiate.py SET HOST:PORT...   Waits for the members, then for a primary; exits with 1 after five minutes.
Safe to run again: a member that has lost its data is synchronized by the others, never initiated alone.

With MONGODB_TLS_CA_PATH, connections use TLS and check this certificate authority.

The password is the members' own key (`__system` in the database `local`): no other user exists before the first run.
The file has `roles` with `role` and `privileges`, and `users` with `user`, `password` and `roles`. Users that an
earlier run has created and that the file does not contain any more are dropped.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

SECRETS = Path("/run/secrets/mongodb-users")
# The Job that runs this retries; a single attempt should outlast slow volumes and image pulls.
DEADLINE_S = 300
PAUSE_S = 2
# Users with this mark were created here.
MARK = {"managedBy": "halocline"}
NO_SUCH_USER = 11
CA_PATH = os.environ.get("MONGODB_TLS_CA_PATH")
TLS: dict[str, Any] = {"tls": True, "tlsCAFile": CA_PATH} if CA_PATH else {}

Client = MongoClient[dict[str, Any]]


def client(member: str, key: str, timeout_ms: int = 2000) -> Client:
    """A connection to one member with the rights of a member."""
    login: dict[str, Any] = {"username": "__system", "password": key, "authSource": "local"}
    return MongoClient(member, directConnection=True, timeoutMS=timeout_ms, **login, **TLS)


def hello(member: str) -> dict[str, Any]:
    """The `hello` response of one member; raises PyMongoError if there is none within 2 s."""
    with MongoClient[dict[str, Any]](member, directConnection=True, timeoutMS=2000, **TLS) as connection:
        return connection.admin.command("hello")


def initiate(name: str, members: list[str], key: str) -> None:
    """Initiate the set through the first member; raises PyMongoError if it refuses."""
    config = {"_id": name, "members": [{"_id": n, "host": host} for n, host in enumerate(members)]}
    # Longer than for `hello`: the members vote before the response.
    with client(members[0], key, timeout_ms=20_000) as connection:
        connection.admin.command("replSetInitiate", config)


def state(name: str, members: list[str]) -> tuple[str, str]:
    """`ready`, `electing`, `new`, or `waiting for` the members that do not respond; and the primary if it is ready."""
    responses: dict[str, dict[str, Any]] = {}
    missing = []
    for member in members:
        try:
            responses[member] = hello(member)
        except PyMongoError as error:
            missing.append(f"{member} ({type(error).__name__})")
    for member, response in responses.items():
        if response.get("setName") == name and response.get("isWritablePrimary"):
            return "ready", member
    if any("setName" in response for response in responses.values()):
        return "electing", ""
    return ("waiting for " + ", ".join(missing) if missing else "new"), ""


def set_users(primary: str, key: str, accounts: dict[str, list[dict[str, Any]]]) -> None:
    """Create roles and users, set those that exist, and drop managed users that are not listed."""
    majority = {"w": "majority"}
    with client(primary, key, timeout_ms=20_000) as connection:
        admin = connection.admin
        roles = {each["role"] for each in admin.command("rolesInfo", 1)["roles"]}
        for each in accounts["roles"]:
            command = "updateRole" if each["role"] in roles else "createRole"
            admin.command(command, each["role"], privileges=each["privileges"], roles=[], writeConcern=majority)
        present = {each["user"]: each.get("customData") for each in admin.command("usersInfo", 1)["users"]}
        for each in accounts["users"]:
            command = "updateUser" if each["user"] in present else "createUser"
            options = {"pwd": each["password"], "roles": each["roles"], "customData": MARK, "writeConcern": majority}
            admin.command(command, each["user"], **options)
        listed = {each["user"] for each in accounts["users"]}
        for user in sorted(name for name, data in present.items() if data == MARK and name not in listed):
            try:
                admin.command("dropUser", user, writeConcern=majority)
            except OperationFailure as error:
                if error.code != NO_SUCH_USER:
                    raise
    sys.stdout.write(f"users: {', '.join(sorted(listed))}\n")


def accounts_of(text: str) -> dict[str, list[dict[str, Any]]]:
    """The roles and users of the file. Raises ValueError, KeyError or TypeError if it is not as described above."""
    found = json.loads(text)
    return {
        "roles": [{"role": each["role"], "privileges": each["privileges"]} for each in found["roles"]],
        "users": [{field: each[field] for field in ("user", "password", "roles")} for each in found["users"]],
    }


def main(name: str, *members: str) -> int:
    """Exit status: 0 once the set has a primary and its users, 1 if not in time."""
    key = "".join((SECRETS / "keyfile").read_text(encoding="ascii").split())
    try:
        accounts = accounts_of((SECRETS / "users.json").read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        sys.stdout.write(f"Secret mongodb-users: users.json is not as `halocline secrets` writes it: {error!r}\n")
        return 1
    deadline = time.monotonic() + DEADLINE_S
    printed = ""
    while time.monotonic() < deadline:
        current, primary = state(name, list(members))
        if current != printed:
            sys.stdout.write(f"{name}: {current}\n")
            printed = current
        try:
            if current == "ready":
                set_users(primary, key, accounts)
                return 0
            if current == "new":
                initiate(name, list(members), key)
        except PyMongoError as error:
            # A failover, or a wrong key, which the text names.
            sys.stdout.write(f"{name}: {error}\n")
        sys.stdout.flush()
        time.sleep(PAUSE_S)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
