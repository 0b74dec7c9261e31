"""The components worker, worker-backup and worker-keda: connections, rights, and jobs that run once."""

import os
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import cli
from app.commands import task_options
from app.tasks import queue
from tests.unit.deploy.manifests import K8S, ROOT, Document, Manifests, of, quantity
from tests.unit.deploy.test_network import _edges

ROLES = ("worker", "maintenance", "beat")


def _rendered(folder: Path, *names: str) -> Manifests:
    folder.mkdir(exist_ok=True)
    base = os.path.relpath(K8S, folder)
    components = ", ".join(f"{base}/components/{name}" for name in names)
    (folder / "kustomization.yaml").write_text(f"resources: [{base}/base]\ncomponents: [{components}]\n")
    return of(folder)


@pytest.fixture
def queued(tmp_path: Path) -> Manifests:
    """The base with a shell and the queue."""
    return _rendered(tmp_path / "queued", "mongodb", "redis-cache", "ingest-shell", "worker")


@pytest.fixture
def backed_up(tmp_path: Path) -> Manifests:
    """The same with backups."""
    return _rendered(tmp_path / "backed_up", "mongodb", "redis-cache", "backup", "worker", "worker-backup")


def _container(manifests: Manifests, name: str) -> Document:
    (container,) = manifests.workload(name).containers
    return container


def _secrets(manifests: Manifests, name: str) -> set[tuple[str, str]]:
    volumes = manifests.workload(name).pod["volumes"]
    sources = [each["secret"] for volume in volumes for each in volume.get("projected", {}).get("sources", [])]
    sources += [volume["secret"] for volume in volumes if "secret" in volume]
    return {(each.get("secretName") or each["name"], item["key"]) for each in sources for item in each["items"]}


def test_the_command_line_accepts_the_arguments_of_each_role(queued: Manifests) -> None:
    commands = {"worker": task_options.worker, "beat": task_options.beat}
    arguments = {role: _container(queued, role)["args"] for role in ROLES}

    parsed = {
        role: commands[name].make_context(name, list(rest)).params for role, (_, name, *rest) in arguments.items()
    }

    assert parsed["worker"]["queues"] == ("imports", "derived")
    assert (parsed["maintenance"]["queues"], parsed["maintenance"]["concurrency"]) == (("maintenance",), 2)


def test_each_role_reads_only_its_own_passwords(queued: Manifests) -> None:
    assert _secrets(queued, "worker") == {("mongodb-ingest", "uri"), ("redis", "url"), ("redis-broker", "url")}
    assert _secrets(queued, "beat") == {("redis-broker", "url")}
    assert _secrets(queued, "redis-broker") == {("redis-broker", "users.acl")}
    # The metrics process may only read the queue.
    assert _secrets(queued, "web") == {("mongodb-web", "uri"), ("redis", "url"), ("redis-broker", "metrics-url")}


def test_only_the_metrics_process_of_web_has_the_password_of_the_queue(queued: Manifests) -> None:
    mounts = {
        one["name"]: {mount["name"] for mount in one["volumeMounts"]} for one in queued.workload("web").containers
    }

    assert {name for name, volumes in mounts.items() if "broker" in volumes} == {"metrics"}


def test_exactly_the_roles_that_queue_or_run_tasks_reach_the_broker(queued: Manifests) -> None:
    incoming = {edge for edge in _edges(queued, "ingress", "from") if edge[1] == "redis-broker"}
    outgoing = {edge for edge in _edges(queued, "egress", "to") if edge[1] == "redis-broker"}

    assert incoming == outgoing
    # `upload` is in the policies, whether or not it is deployed.
    assert {source for source, _, _ in incoming} == {"web", "upload", "ingest", *ROLES}


def test_the_broker_evicts_nothing_and_stores_each_command_on_its_volume(queued: Manifests) -> None:
    redis = _container(queued, "redis-broker")
    options = dict(zip(redis["args"][::2], redis["args"][1::2], strict=True))

    assert (options["--maxmemory-policy"], options["--appendonly"]) == ("noeviction", "yes")
    assert options["--aclfile"] == "/run/secrets/redis/users.acl"
    assert {mount["name"]: mount["mountPath"] for mount in redis["volumeMounts"]}["data"] == options["--dir"]
    assert queued.one("Deployment", "redis-broker")["spec"]["strategy"] == {"type": "Recreate"}
    # A rewrite of the file may need the memory twice.
    limit = quantity(redis["resources"]["limits"]["memory"])
    assert int(options["--maxmemory"].removesuffix("mb")) * 2**20 * 2 <= limit


def test_a_terminated_worker_has_time_to_end_its_task_or_to_hand_it_back(queued: Manifests) -> None:
    periods = [queued.workload(role).pod["terminationGracePeriodSeconds"] for role in ("worker", "maintenance")]

    assert min(periods) >= queue.DRAIN_S + 10


def test_only_the_autoscaler_sets_the_number_of_workers(queued: Manifests) -> None:
    scaler = queued.one("HorizontalPodAutoscaler", "worker")["spec"]

    assert scaler["scaleTargetRef"]["name"] == "worker"
    assert "replicas" not in queued.one("Deployment", "worker")["spec"]


def test_what_the_schedule_runs_is_no_longer_a_cronjob(queued: Manifests, backed_up: Manifests) -> None:
    assert [one["metadata"]["name"] for one in queued.of("CronJob")] == []
    assert [one["metadata"]["name"] for one in backed_up.of("CronJob")] == ["restore"]
    assert backed_up.settings["HALOCLINE_BACKUP_TARGET"] == "/backups"


def test_maintenance_writes_to_the_claim_with_the_account_of_backups(backed_up: Manifests) -> None:
    container = _container(backed_up, "maintenance")
    environment = {one["name"]: one.get("value") for one in container["env"]}

    assert ("mongodb-backup", "uri") in _secrets(backed_up, "maintenance")
    assert environment["HALOCLINE_BACKUP_MONGODB_URI_FILE"] == "/run/secrets/mongodb-backup/uri"
    assert {"name": "backups", "mountPath": "/backups"} in container["volumeMounts"]


def test_the_schedule_of_the_component_is_valid() -> None:
    path = K8S / "base/schedule.toml"
    environment = {"REDIS_BROKER_URL": "redis://127.0.0.1:1/0", "HALOCLINE_SCHEDULE_FILE": str(path)}

    result = CliRunner().invoke(cli, ["beat", "--check"], env=environment)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].split()[:5] == ["verify", "verify", "each", "day", "at"]
    assert tomllib.loads(path.read_text())


def test_one_import_adds_no_worker_and_two_at_once_do(queued: Manifests) -> None:
    container = _container(queued, "worker")
    parsed = task_options.worker.make_context("worker", list(container["args"][2:])).params
    (metric,) = queued.one("HorizontalPodAutoscaler", "worker")["spec"]["metrics"]
    target = metric["resource"]["target"]["averageUtilization"]
    # An import, with the process that reads its file, uses one core. The autoscaler ignores a difference of a tenth.
    of_one_import = 100 * quantity("1") / quantity(container["resources"]["requests"]["cpu"])

    assert parsed["concurrency"] == 2
    assert of_one_import <= target
    assert parsed["concurrency"] * of_one_import > 1.1 * target


def test_a_worker_has_memory_and_space_for_its_tasks_at_once(queued: Manifests) -> None:
    container = _container(queued, "worker")
    settings = {one["name"]: one.get("value") for one in container["env"]}
    (folder,) = [one["emptyDir"] for one in queued.workload("worker").pod["volumes"] if one["name"] == "tmp"]

    # Each task has a reader, and a child of some 200 MiB with the numerical libraries, beside the parent.
    readers = 2 * int(settings["HALOCLINE_READER_MEMORY_BYTES"])
    assert readers + 3 * quantity("200Mi") <= quantity(container["resources"]["limits"]["memory"])
    # Of each file a copy and its unpacked form.
    assert 2 * 2 * int(settings["HALOCLINE_MAX_FILE_BYTES"]) <= quantity(folder["sizeLimit"])


@pytest.mark.parametrize(("name", "component"), [("worker", "worker-keda"), ("web", "keda")])
def test_keda_reads_the_series_of_one_namespace(tmp_path: Path, name: str, component: str) -> None:
    triggers = _rendered(tmp_path, "worker", component).one("ScaledObject", name)["spec"]["triggers"]
    queries = [one["metadata"]["query"] for one in triggers if one["type"] == "prometheus"]

    selectors = [selector for query in queries for selector in re.findall(r"halocline_\w+(\{[^}]*\})?", query)]
    assert selectors
    assert [one for one in selectors if 'namespace="halocline"' not in one] == []


def test_keda_scales_by_the_queue_instead_of_the_autoscaler(tmp_path: Path) -> None:
    manifests = _rendered(tmp_path, "worker", "worker-keda")
    (trigger,) = manifests.one("ScaledObject", "worker")["spec"]["triggers"]
    documented = (ROOT / "docs/metrics.md").read_text()

    assert [one["metadata"]["name"] for one in manifests.of("HorizontalPodAutoscaler")] == ["web"]
    assert "halocline_queue_depth" in trigger["metadata"]["query"]
    assert "`halocline_queue_depth`" in documented


def test_the_lab_of_the_drills_has_room_for_the_queue() -> None:
    lab = of(ROOT / "tests/e2e/cluster/queue")
    added = {role: _container(lab, role) for role in (*ROLES, "redis-broker")}

    assert sum(quantity(one["resources"]["requests"]["cpu"]) for one in added.values()) <= quantity("100m")
    assert {one["image"] for one in added.values()} == {"localhost/lab/halocline-ingest:lab", "localhost/lab/redis:7"}
