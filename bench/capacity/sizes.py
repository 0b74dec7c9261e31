"""`python -m bench.capacity.sizes FOLDER`: the space that an archive needs in MongoDB; writes sizes.json.

Imports the files of a folder into an empty store for the sizes of samples, sections and original files. Missions and
profiles are seeded: the indexes of a few are mostly empty pages.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pymongo import MongoClient
from pymongo.database import Database

from app.localdev import mongod, servers, valkey

RECORD = Path(__file__).parent / "sizes.json"
SEEDED = {
    "capacity_missions": ("--missions", "2400", "--metadata-only"),
    "capacity_profiles": ("--missions", "60", "--profiles", "400", "--active", "0", "--no-sailbuoys"),
}
IMPORTED = "capacity_imported"
# Collections by the unit with which they grow.
UNITS = {
    "mission": ("missions", "platforms", "search", "updates", "subtotals", "totals", "facets"),
    "imported_mission": ("tracks", "sections"),
    "profile": ("profiles",),
    "sample": ("samples",),
    "original_byte": ("originals.files", "originals.chunks"),
}


def measure(db: Database[dict[str, Any]], collections: tuple[str, ...]) -> dict[str, int]:
    """The bytes of these collections in memory and on disk, and of their indexes."""
    stats = [db.command("collStats", name) for name in collections]
    return {
        "data_bytes": sum(one["size"] for one in stats),
        "disk_bytes": sum(one["storageSize"] for one in stats),
        "index_bytes": sum(one["totalIndexSize"] for one in stats),
    }


def _halocline(environment: dict[str, str], *arguments: str) -> None:
    command = shutil.which("halocline", path=str(Path(sys.executable).parent)) or "halocline"
    # Status 1: a file was refused, such as the second version of one mission.
    done = subprocess.run([command, *arguments], env=os.environ | environment, stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):
        raise click.ClickException(f"halocline {arguments[0]} ended with status {done.returncode}")


def _measured(folder: Path, home: Path) -> dict[str, Any]:
    uri, redis_url = mongod.start(home), valkey.start(home)
    for name in (*SEEDED, IMPORTED):
        environment = {"MONGODB_URI": uri, "REDIS_URL": redis_url, "MONGODB_DATABASE": name}
        _halocline(environment, "indexes")
        _halocline(environment, *(("seed", *SEEDED[name]) if name in SEEDED else ("ingest", str(folder))))
    with MongoClient[dict[str, Any]](uri) as client:
        # A checkpoint: sizes on disk are those of the last one.
        client.admin.command("fsync")
        missions, profiles, imported = (client[name] for name in (*SEEDED, IMPORTED))
        (counts,) = imported.samples.aggregate([{"$group": {"_id": None, "n": {"$sum": "$count"}}}])
        (originals,) = imported["originals.files"].aggregate([{"$group": {"_id": None, "n": {"$sum": "$length"}}}])
        sources = {"mission": missions, "profile": profiles}
        return {
            "units": {
                "mission": missions.missions.estimated_document_count(),
                "imported_mission": imported.missions.estimated_document_count(),
                "profile": profiles.profiles.estimated_document_count(),
                "sample": counts["n"],
                "original_byte": originals["n"],
            },
            "sizes": {unit: measure(sources.get(unit, imported), names) for unit, names in UNITS.items()},
            "server": client.server_info()["version"],
        }


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Measure with the files of FOLDER and write sizes.json."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        try:
            measured = _measured(folder, home)
        finally:
            servers.stop(home)
    measured["at"] = datetime.now(UTC).isoformat(timespec="minutes")
    RECORD.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
