"""The drill of a lost database: backup, deletion, restore."""

import base64
import hashlib
from typing import Any

import pytest

from tests.e2e.cluster import importing
from tests.e2e.cluster.cluster import Lab, get, kubectl, read, until

pytestmark = pytest.mark.timeout(600)

Figures = dict[str, Any]
# Drops the database with the account of its owner, which is the first argument.
DROP = """
import pymongo, sys
client = pymongo.MongoClient(sys.argv[1])
client.drop_database("halocline")
print(client.halocline.list_collection_names())
"""
# A digest of all original files.
ORIGINALS = """
import hashlib, pymongo, os
uri = open(os.environ["MONGODB_URI_FILE"]).read()
digest = hashlib.sha256()
for chunk in pymongo.MongoClient(uri).halocline["originals.chunks"].find().sort([("files_id", 1), ("n", 1)]):
    digest.update(chunk["data"])
print(digest.hexdigest())
"""


def test_a_deleted_database_is_restored_to_the_byte(lab: Lab, figures: Figures) -> None:
    before = _content(lab)
    lab.run("Back up")
    backup = kubectl("logs", "job/backup-now").strip().splitlines()
    kubectl("create", "job", "restore-test-now", "--from=cronjob/restore-test")
    kubectl("wait", "--for=condition=complete", "job/restore-test-now", "--timeout=300s", timeout_s=310)
    test = kubectl("logs", "job/restore-test-now").strip().splitlines()

    owner = get("secret", "mongodb-admin")["data"]["uri"]
    collections = lab.python("deployment/ingest", DROP, base64.b64decode(owner).decode()).strip()
    lab.run("Restore")
    until("the landing page", lambda: read(f"{lab.url}/")[0] == 200, 60)
    after = _content(lab)
    verified = importing.verify().strip().splitlines()[-1]
    kubectl("delete", "job", "backup-now", "restore-test-now", "restore-now")

    figures["database deleted and restored"] = {
        "backup": next(line for line in backup if " parts" in line),
        "restore test": test[-1],
        "missions": len(before["missions"]),
        "verify": verified,
    }
    assert collections == "[]"
    assert after == before
    assert "no differences" in verified


def _content(lab: Lab) -> dict[str, Any]:
    """Missions, totals, a table of samples and the originals, as the portal and the store return them."""
    data = read(f"{lab.url}/api/v1/export?format=csv&basin=SEA-007")[1]
    return {
        "missions": importing.missions(lab, ""),
        "totals": lab.json("/api/v1/totals"),
        "samples": hashlib.sha256(data).hexdigest(),
        "originals": lab.python("deployment/ingest", ORIGINALS).strip(),
    }
