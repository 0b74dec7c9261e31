"""A real mongod from a wheel, as a replica set of one member."""

from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app.localdev import libraries, pidfiles, ports, readiness

_NOT_YET_INITIALIZED = 94
_REPLICA_SET = "rs0"


def start(home: Path) -> str:
    """URI of the mongod that keeps its data in `home/mongodb`, ready for transactions; a running one is taken as it is.

    Raises LocalDevError with one line: a library is missing, or mongod ended or did not get ready in time.
    """
    data = home / "mongodb"
    data.mkdir(parents=True, exist_ok=True)
    port = ports.kept(home, "mongodb")
    if pidfiles.alive(home / "mongodb.pid") is None:
        port = ports.keep(home, "mongodb", port if ports.is_free(port) else ports.free_port())
        command = [str(libraries.mongod()), "--dbpath", str(data), "--port", str(port)]
        command += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", _REPLICA_SET, "--quiet"]
        # A laptop has other things to do: mongod's own default is half of the memory.
        command += ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        pidfiles.start("mongodb", command, home)
    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500, timeoutMS=5000
    )
    with client:
        readiness.wait("mongodb", home, lambda: _is_primary(client, port), (PyMongoError,))
    # Directly: in a set of one there is nothing to discover, and the set may know itself by an earlier port.
    return f"mongodb://127.0.0.1:{port}/?directConnection=true"


def _is_primary(client: MongoClient[dict[str, Any]], port: int) -> bool:
    """Makes the server a set of one, or tells the set its new port, and says whether it takes writes by now."""
    hello = client.admin.command("hello")
    if hello.get("isWritablePrimary"):
        return True
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    try:
        known = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": [member]})
        return False
    if known["members"][0]["host"] != member["host"]:
        moved = {**known, "version": known["version"] + 1, "members": [{**known["members"][0], **member}]}
        client.admin.command("replSetReconfig", moved, force=True)
    return False
