"""CPU shares of processes as in the cluster, in proportion to the CPU requests of the manifests.

A request without a limit is a weight: it counts while the cores are busy, and the rest of the time is free for all.
"""

import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml

from bench import processes

_MANIFESTS = Path(__file__).parent.parent / "deploy" / "k8s"
# The manifest and the container of each role.
ROLES = {
    "web": (_MANIFESTS / "base" / "web" / "deployment.yaml", "app"),
    "mongodb": (_MANIFESTS / "components" / "mongodb" / "statefulset.yaml", "mongodb"),
    "importer": (_MANIFESTS / "components" / "ingest-shell" / "deployment.yaml", "ingest"),
}
_CGROUPS = Path("/sys/fs/cgroup")
# A nice level more means a weight smaller by this factor. Source: sched(7).
_FACTOR_A_NICE_LEVEL = 1.25
_LOWEST_PRIORITY = 19


def millicores(role: str) -> int:
    """The CPU request of a role. Raises LookupError if the manifest has none."""
    manifest, container = ROLES[role]
    for document in yaml.safe_load_all(manifest.read_text(encoding="utf-8")):
        for each in document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
            if each["name"] == container and (cpu := str(each.get("resources", {}).get("requests", {}).get("cpu", ""))):
                return int(cpu[:-1]) if cpu.endswith("m") else round(float(cpu) * 1000)
    raise LookupError(f"{manifest} requests no CPU for the container {container}")


@contextmanager
def applied(pids: Mapping[str, int]) -> Iterator[str]:
    """Processes with their children, by role, have their shares in the block. Yields the means, "cgroup" or "nice".

    cgroups need root. Without them only the nice level of the importer is raised, also after the block.
    """
    weights = {role: millicores(role) for role in pids}
    parent = _own_cgroup()
    groups = {role: parent / f"halocline-bench-{os.getpid()}-{role}" for role in pids}
    try:
        try:
            for role, group in groups.items():
                group.mkdir()
                _set_weight(group, weights[role] / weights["web"])
                _move(pids[role], group)
            means = "cgroup"
        except OSError:
            _dissolve(groups, pids, parent)
            level = os.getpriority(os.PRIO_PROCESS, pids["web"]) + nice_level(weights["importer"], weights["web"])
            os.setpriority(os.PRIO_PROCESS, pids["importer"], min(level, _LOWEST_PRIORITY))
            means = "nice"
        yield means
    finally:
        _dissolve(groups, pids, parent)


def nice_level(weight: int, of: int) -> int:
    """The nice level of a process whose weight is that part of the weight of one at level 0."""
    return max(round(math.log(of / weight, _FACTOR_A_NICE_LEVEL)), 0)


def _own_cgroup() -> Path:
    """The folder of this process's group of the CPU controller, version 1 or 2."""
    groups = Path("/proc/self/cgroup").read_text(encoding="ascii")
    if version_1 := re.search(r"^\d+:(?:\S+,)?cpu(?:,\S+)?:/(.*)$", groups, re.MULTILINE):
        return _CGROUPS / "cpu" / version_1[1]
    version_2 = re.search(r"^0::/(.*)$", groups, re.MULTILINE)
    return _CGROUPS / (version_2[1] if version_2 else "")


def _set_weight(group: Path, of_default: float) -> None:
    """Set the weight of a group. The portal keeps the default weight, which the clients have, too."""
    shares = group / "cpu.shares"
    if shares.exists():
        shares.write_text(str(round(1024 * of_default)), encoding="ascii")
    else:
        (group / "cpu.weight").write_text(str(round(100 * of_default)), encoding="ascii")


def _move(pid: int, group: Path) -> None:
    for each in (pid, *processes.children(pid)):
        (group / "cgroup.procs").write_text(str(each), encoding="ascii")


def _dissolve(groups: Mapping[str, Path], pids: Mapping[str, int], parent: Path) -> None:
    """Return the processes to the parent group, and remove their groups."""
    for role, group in groups.items():
        if group.exists():
            # The process may have ended; a group that still has one stays until the machine restarts.
            with suppress(OSError):
                _move(pids[role], parent)
            with suppress(OSError):
                group.rmdir()
