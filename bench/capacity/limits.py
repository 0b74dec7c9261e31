"""What breaks first when traffic and archive grow, and how the largest collections are sharded."""

from dataclasses import dataclass

from bench.capacity import pods, sizing
from bench.capacity.model import HPA_TARGET, WEB_REQUEST_CORES, Installation

# Of the manifests in deploy/k8s; tests/unit/bench/test_capacity_growth.py compares them.
MAX_REPLICAS, VERIFY_DEADLINE_S = 12, 14_400
MONGODB_CORES, MONGODB_MIB, WIREDTIGER_GIB, CLAIM_GIB = 0.25, 1024, 0.5, 50
# The oplog of mongod has at least 990 MB.
OPLOG_GIB = 0.92


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the base manifests or of one server, and the multiple of today at which it is reached."""

    what: str
    grows_with: str
    today: float
    limit: float
    unit: str
    remedy: str

    @property
    def factor(self) -> float:
        return self.limit / self.today


def of(today: Installation) -> list[Limit]:
    """The limits in the order in which they are reached; all grow in proportion to traffic or archive."""
    value = today.base.assumed
    web_cores = MAX_REPLICAS * WEB_REQUEST_CORES * HPA_TARGET
    traffic, archive = "traffic", "archive"
    found = [
        Limit(
            "volume claim of MongoDB", archive, today.disk_gib, CLAIM_GIB - OPLOG_GIB, "GiB",
            "grow the claim before the import of the archive",
        ),
        Limit(
            "WiredTiger cache", archive, today.working_set_gib, WIREDTIGER_GIB, "GiB",
            "memory of MongoDB, cache half of it",
        ),
        Limit(
            "nightly verification", archive, today.verify_h * 3600, VERIFY_DEADLINE_S, "s",
            "`--pace 1`, then parts of the archive on different nights",
        ),
        Limit(
            "one replica set", archive, today.disk_gib, value("limits", "replica_set_gib"), "GiB",
            "originals to an object store, then shards",
        ),
        Limit(
            "order of the change log", archive, today.imports_per_s, value("limits", "commits_per_s"), "commits/s",
            "one log for each region",
        ),
        Limit(
            "MongoDB's memory for connections", traffic, sizing.MONGODB_CONNECTION_MIB * today.pooled_connections,
            MONGODB_MIB - 1024 * WIREDTIGER_GIB - sizing.MONGODB_REST_MIB
            - sizing.MONGODB_CONNECTION_MIB * pods.connections(),
            "MiB",
            "memory of MongoDB, a MiB for each connection",
        ),
        Limit(
            "CPU request of the primary", traffic, today.mongodb_cores, MONGODB_CORES, "cores",
            "CPU of MongoDB, then reads from secondaries",
        ),
        Limit(
            "web pods at `maxReplicas`", traffic, today.web_cores, web_cores, "cores",
            "`maxReplicas`; downloads from prepared files",
        ),
        Limit(
            "network of one ingress node", traffic, today.egress_mbit_per_s, value("limits", "egress_mbit_per_s"),
            "Mbit/s", "a CDN, then more ingress nodes",
        ),
        Limit(
            "Redis on one core", traffic, today.redis_commands_per_s, value("limits", "redis_commands_per_s"),
            "commands/s", "one Redis for each region",
        ),
    ]  # fmt: skip
    return sorted(found, key=lambda limit: limit.factor)


@dataclass(frozen=True, slots=True)
class ShardKey:
    """The shard key of a collection, and its reason."""

    collection: str
    key: tuple[str, ...]
    reason: str


SHARD_KEYS = (
    ShardKey(
        "samples",
        ("platform", "mission", "version", "start_at"),
        "every query names platform, mission and version, so one shard answers it; `start_at` splits a long mission",
    ),
    ShardKey(
        "profiles",
        ("platform", "mission", "version", "start_at"),
        "as samples, so that a mission's profiles and samples split alike",
    ),
    ShardKey(
        "originals.chunks",
        ("files_id", "n"),
        "a file is read in the order of `n`; SHA-256 digests are uniform, so no hashed key is needed",
    ),
)
