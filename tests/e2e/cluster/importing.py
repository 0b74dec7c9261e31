"""Small made missions in the pod of the importer, and runs of `halocline ingest` on them."""

import json
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from tests.e2e.cluster.cluster import NAMESPACE, Document, Lab, kubectl
from tests.made_files import time_series

FOLDER = "/data/made"
MISSION = "20200913T1226"


def copy(paths: list[Path], folder: str) -> None:
    """Copy files into a new folder of the pod."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in paths:
            archive.add(path, path.name)
    kubectl("exec", "deployment/ingest", "--", "mkdir", "-p", folder)
    kubectl("exec", "--stdin", "deployment/ingest", "--", "tar", "-x", "-C", folder, stdin=packed.getvalue())


def make(folder: Path, name: str, missions: int) -> str:
    """The pod's folder with this many missions, one file each, of the platforms NAME00, NAME01 and so on."""
    files = [
        time_series(folder / f"{name}{n:02}.nc", attributes={"id": f"{name}{n:02}-{MISSION}"}) for n in range(missions)
    ]
    copy(files, f"{FOLDER}/{name}")
    return f"{FOLDER}/{name}"


def start(folder: str) -> subprocess.Popen[str]:
    """`halocline ingest` of a folder in the pod, in the background."""
    command = ["kubectl", "--namespace", NAMESPACE, "exec", "deployment/ingest", "--", "halocline", "ingest", "--json"]
    return subprocess.Popen([*command, folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(run: subprocess.Popen[str], timeout_s: float) -> list[Document]:
    """The reports of the run, whatever its exit status is."""
    output, _ = run.communicate(timeout=timeout_s)
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def run(folder: str) -> list[Document]:
    """The reports of `halocline ingest` of a folder in the pod."""
    return ended(start(folder), 300)


def verify() -> str:
    """The output of `halocline verify` in the pod. Raises Failed if there are differences."""
    return kubectl("exec", "deployment/ingest", "--", "halocline", "verify", timeout_s=300)


def missions(lab: Lab, name: str) -> dict[str, Document]:
    """What the API says about the missions of `make`, by platform; without the times of the import."""
    found: dict[str, Document] = {}
    cursor = ""
    while cursor is not None:
        page = lab.json(f"/api/v1/missions?limit=200{cursor and f'&cursor={cursor}'}")
        found |= {item["platform"]: item for item in page["items"] if item["platform"].startswith(name)}
        cursor = page["next"]
    return found
