"""The pods beside those of web. The number of none of them follows from the requests of visitors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of one Deployment in deploy/k8s; tests/unit/bench/test_capacity_growth.py compares them.

    `cpu_m` and `memory_mib` are the requests of one pod with its sidecar, `connections` the most that it opens to the
    primary of MongoDB. `surge`: pods that a rollout adds. `sized_by`: what its number, or its size, follows from.
    """

    name: str
    least: int
    most: int
    cpu_m: int
    memory_mib: int
    connections: int
    sized_by: str
    surge: int = 0


# Connections: one for each thread that uses MongoDB, and the two monitors of each process. A process of one thread had
# 3 on the machine of docs/performance.md, a web process that also serves streams 5. A worker has a process for each
# task that it runs at once, and none in its parent.
PODS = (
    Pods(
        "live", 2, 2, 75, 480, 5,
        "open pages, 5,000 a pod: one pod holds them all after the loss of a node", surge=1,
    ),
    Pods(
        "worker", 1, 4, 200, 2560, 10,
        "files that arrive at once, at a core and the memory of one file for each running import", surge=1,
    ),
    Pods(
        "maintenance", 1, 1, 50, 1024, 10,
        "two scheduled tasks at a time; their duration grows with the archive", surge=1,
    ),
    Pods(
        "upload", 2, 2, 75, 480, 10,
        "uploads at once, 4 a pod; their bytes go through it to MongoDB", surge=1,
    ),
    Pods("beat", 1, 1, 10, 256, 0, "nothing: a second one only shortens an outage", surge=1),
    Pods("redis-broker", 1, 1, 20, 256, 0, "queued tasks, a kilobyte each: 128 MiB hold a hundred thousand"),
)  # fmt: skip


def connections() -> int:
    """The connections to the primary that all of these pods open, during a rollout."""
    return sum((each.most + each.surge) * each.connections for each in PODS)
