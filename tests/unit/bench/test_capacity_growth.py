"""The model of docs/capacity.md: its tables are up to date, its values are those of the manifests and of the store."""

from typing import Any

import pytest

from app.store import indexes
from bench.capacity import growth, limits, model, pods, sizing
from bench.capacity.sizes import measure
from tests.unit.deploy.manifests import K8S, Manifests, of, parsed, quantity


@pytest.fixture(scope="module")
def manifests() -> Manifests:
    return of(K8S / "overlays/production")


@pytest.fixture
def values() -> model.Base:
    """An installation with round costs: 10 ms a rendering, 1 ms a cached page, 100 bytes a document."""
    units = dict.fromkeys(("mission", "imported_mission", "profile", "sample", "original_byte"), 10)
    size = {"data_bytes": 1000, "disk_bytes": 1000, "index_bytes": 1000}
    today: dict[str, dict[str, float]] = {
        "archive": {
            "missions": 10, "profiles_per_mission": 20, "samples_per_profile": 30, "platforms_at_sea": 10,
            "imports_per_platform_day": 864, "hot_share": 0.5,
        },
        "traffic": {
            "peak_rps": 100, "rendered_share": 0.2, "exported_share": 0.1, "response_bytes": 1000,
            "export_bytes_per_row": 10, "cdn_share": 0.5,
        },
        "cost": {"mongodb_ms": 5, "redis_commands": 4, "backup_mb_per_s": 1},
        "limits": {"redis_commands_per_s": 800, "egress_mbit_per_s": 4, "commits_per_s": 1, "replica_set_gib": 1},
    }  # fmt: skip
    rows: dict[str, dict[str, Any]] = {
        "landing_warm": {"about": {"cpu_ms_per_1000": [1000, 1]}},
        "miss": {"about": {"ms": [10, 1]}},
        "export_csv": {"about": {"rows a second": 6000}},
        "ingest": {"about": {"with_reading_tracks_and_totals": 2}},
    }
    assumed = {group: {name: {"value": value} for name, value in entries.items()} for group, entries in today.items()}
    return model.Base(assumed, rows, {"units": units, "sizes": dict.fromkeys(units, size)})


def test_the_traffic_of_the_model_computed_by_hand(values):
    one = model.Installation(values, 1)
    # 100 requests: 20 renderings of 10 ms, 10 downloads of 600 rows at 6,000 a second, 70 hits of 1 ms.
    assert one.cores == pytest.approx({"cached": 0.07, "rendered": 0.2, "downloads": 1})
    # 1.27 cores / (0.5 x 60 %) = 4.2.
    assert one.pods == 5
    # 5 + 2 pods x 2 workers x (10 + 2) + 64, and those of the pods beside web.
    assert one.mongodb_connections == 232 + pods.connections()
    assert [one.origin_rps, one.origin_cores] == pytest.approx([65, 1.235])
    # 20 renderings of 5 ms; 20 x 4 commands; (90 x 1,000 + 10 x 600 x 10 bytes) x 8.
    assert [one.mongodb_cores, one.redis_commands_per_s, one.egress_mbit_per_s] == pytest.approx([0.1, 80, 1.2])


def test_the_archive_of_the_model_computed_by_hand(values):
    ten = model.Installation(values, 10)
    assert (ten.missions, ten.profiles, ten.samples) == (100, 2000, 60_000)
    # 10 platforms x 864 a day x 10.
    assert ten.imports_per_s == pytest.approx(1)
    # 200 bytes with the index of each mission twice, profile and sample; an original byte a sample, stored as 100.
    assert ten.disk_gib * model.GIB == pytest.approx(200 * (2 * 100 + 2000 + 60_000) + 100 * 60_000)
    # Documents and indexes of missions, half of the profiles' indexes.
    assert ten.working_set_gib * model.GIB == pytest.approx(200 * 100 + 0.5 * 100 * 2000)
    assert ten.reimport_h == pytest.approx(2000 / 2 / 3600)


def test_limits_are_in_the_order_in_which_they_are_reached(values):
    factors = {limit.what: limit.factor for limit in limits.of(model.Installation(values, 1))}
    assert list(factors.values()) == sorted(factors.values())
    # 800 of 80 commands; 4 of 1.2 Mbit/s; 3.6 of 1.27 cores; 0.25 of 0.1 cores.
    assert factors["Redis on one core"] == pytest.approx(10)
    assert factors["network of one ingress node"] == pytest.approx(4 / 1.2)
    assert factors["web pods at `maxReplicas`"] == pytest.approx(3.6 / 1.27)
    assert factors["CPU request of the primary"] == pytest.approx(2.5)


def test_the_tables_of_the_document_are_computed():
    text = growth.DOCUMENT.read_text(encoding="utf-8")
    assert growth.updated(text, model.base()) == text


def test_a_document_without_a_table_is_refused():
    with pytest.raises(ValueError, match=r"capacity\.md has 0 tables named knees, not one"):
        growth.updated("", model.base())


def test_the_model_has_the_sizes_of_the_manifests(manifests):
    scaler = manifests.one("HorizontalPodAutoscaler", "web")["spec"]
    (metric,) = scaler["metrics"]
    app, mongodb = (manifests.workload(name).pod["containers"][0] for name in ("web", "mongodb"))
    (claim,) = manifests.one("StatefulSet", "mongodb")["spec"]["volumeClaimTemplates"]
    verify = manifests.one("CronJob", "verify")["spec"]["jobTemplate"]["spec"]

    assert scaler["maxReplicas"] == limits.MAX_REPLICAS
    assert metric["containerResource"]["target"]["averageUtilization"] == 100 * model.HPA_TARGET
    assert float(quantity(app["resources"]["requests"]["cpu"])) == model.WEB_REQUEST_CORES
    assert float(quantity(mongodb["resources"]["requests"]["cpu"])) == limits.MONGODB_CORES
    assert quantity(mongodb["resources"]["requests"]["memory"]) == limits.MONGODB_MIB * 2**20
    assert float(mongodb["args"][mongodb["args"].index("--wiredTigerCacheSizeGB") + 1]) == limits.WIREDTIGER_GIB
    assert quantity(claim["spec"]["resources"]["requests"]["storage"]) == limits.CLAIM_GIB * model.GIB
    assert verify["activeDeadlineSeconds"] == limits.VERIFY_DEADLINE_S
    rollout = manifests.one("Deployment", "web")["spec"]["strategy"]["rollingUpdate"]
    assert rollout["maxSurge"] == f"{sizing.SURGE:.0%}"


@pytest.fixture(scope="module")
def beside_web() -> Manifests:
    own = [f"components/worker/{name}.yaml" for name in ("worker", "hpa", "maintenance", "beat", "broker")]
    paths = ("base/live/deployment.yaml", "components/upload/deployment.yaml", *own)
    return parsed("\n---\n".join((K8S / path).read_text("utf-8") for path in paths))


@pytest.mark.parametrize("each", pods.PODS, ids=lambda each: each.name)
def test_the_pods_beside_web_are_those_of_the_manifests(beside_web, each):
    scalers = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in beside_web.of("HorizontalPodAutoscaler")}
    replicas = beside_web.one("Deployment", each.name)["spec"].get("replicas")
    scaler = scalers.get(each.name, {"minReplicas": replicas, "maxReplicas": replicas})
    workload = beside_web.workload(each.name)
    running = [*workload.pod["containers"], *workload.sidecars]

    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (each.least, each.most)
    assert workload.cpu * 1000 == each.cpu_m
    assert sum(quantity(one["resources"]["requests"]["memory"]) for one in running) == each.memory_mib * 2**20


@pytest.mark.parametrize("shard", limits.SHARD_KEYS, ids=lambda shard: shard.collection)
def test_unique_indexes_begin_with_the_shard_key_as_mongodb_requires(shard):
    unique = [index.document for index in indexes.INDEXES[shard.collection] if index.document.get("unique")]
    keys = [tuple(index["key"])[: len(shard.key)] for index in unique]
    assert keys == [shard.key]


def test_sizes_of_collections_include_documents_and_indexes(db):
    db.basins.insert_many([{"_id": f"{number:0>100}"} for number in range(50)])
    sizes = measure(db, ("basins",))
    # Each id has a hundred characters.
    assert sizes["data_bytes"] > 50 * 100
    assert sizes["disk_bytes"] > 0
    assert sizes["index_bytes"] > 0
