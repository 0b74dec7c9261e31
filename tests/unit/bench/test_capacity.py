"""Sizes that follow from a knee: each figure against a value computed by hand, and wrong input in one line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import config
from app.extensions import Mongo, Redis
from app.http.rate_counters import RedisCounters
from bench.capacity import pods, sizing

ROOT = Path(__file__).parents[3]
# 300 requests a second with 1.5 cores of two workers: 5 ms of CPU time a request.
KNEE = {"passed": True, "missed": [], "knee": {"achieved_per_s": 300.0, "cores": 1.5}}
REQUIRED = ("--peak-rps=200", "--measured-workers=2")


def computed(**given) -> dict[str, float]:
    inputs = {"achieved_per_s": 300, "cores": 1.5, "measured_workers": 2, "peak_rps": 200} | given
    return {one.name: one.value for one in sizing.figures(sizing.Inputs(**inputs))}


def test_figures_of_a_peak_of_200_requests_a_second():
    assert computed() == {
        "CPU time of a request": pytest.approx(5),
        # 200 x 5 ms.
        "cores at the peak": pytest.approx(1),
        # 100 / (1 + 0.4 x 100 / 60) = 60.
        "HPA target": 60,
        "cores of a worker": 0.75,
        # 1 core / 0.6 / 3 = 556 m, below 2 x 750 m.
        "CPU request": 560,
        "minReplicas": 3,
        # 1 / (0.56 x 0.6) = 2.98.
        "replicas at the peak": 3,
        # 3 / (0.56 x 0.6) = 8.93.
        "maxReplicas": 9,
        # 1.4 x (2 x (86 + 32) + 32) = 375.2.
        "memory of a web pod": 384,
        # 9 + 2.25, rounded up.
        "pods in a rollout": 12,
        # 1 + 4 / 5.6 = 1.71, rounded up, and 1.
        "WEB_CONCURRENCY_LIMIT": 3,
        "WEB_THREADS": 7,
        "MongoDB pool of a worker": 10,
        # 12 x 2 x (10 + 2) = 288, 4 x 12 = 48, those of the pods beside web, and 16.
        "MongoDB connections": 352 + pods.connections(),
        "WiredTiger cache": 0.5,
        # 512 + 467 + 256 = 1235, above 2 x 512.
        "memory of a MongoDB pod": 1280,
        # 12 x 2 x (10 + 9).
        "Redis connections": 456,
        # 2400 x 40 / 1024 = 93.75.
        "Redis maxmemory": 94,
        # 93.75 x 4 / 3 + 456 x 20 / 1024 = 125 + 8.9.
        "memory of the Redis pod": 144,
    }


def test_a_large_peak_has_pods_as_large_as_their_workers_can_use():
    figures = computed(peak_rps=2000)
    # 10 cores; a pod of two workers uses at most 1.5, of which 60 % are 0.9.
    assert (figures["CPU request"], figures["replicas at the peak"], figures["maxReplicas"]) == (1500, 12, 34)


def test_a_small_peak_has_the_smallest_request_and_a_replica_to_spare():
    figures = computed(peak_rps=5)
    assert (figures["CPU request"], figures["minReplicas"], figures["maxReplicas"]) == (100, 3, 4)


@pytest.mark.parametrize(
    ("growth_per_min", "reaction_s", "percent"),
    # 1 + 0.4 x 0.75 = 1.3; 1 + 1 x 100 / 60 = 2.67; 1 + 0.01 x 45 / 60 = 1.0075.
    [(0.4, 100, 60), (0.4, 45, 76), (1, 100, 37), (0.01, 45, 90)],
)
def test_the_target_of_the_autoscaler_leaves_what_the_load_grows_until_pods_are_ready(
    growth_per_min, reaction_s, percent
):
    assert sizing.hpa_target(growth_per_min, reaction_s) == percent


def test_the_defaults_give_the_settings_of_the_portal():
    figures, settings = computed(), config.load()
    assert (figures["WEB_CONCURRENCY_LIMIT"], figures["WEB_THREADS"]) == (
        settings.web_concurrency_limit,
        settings.web_threads,
    )


def test_the_pools_are_those_of_the_portal():
    settings = config.load(web_threads=9)
    mongo, redis = Mongo(), Redis()
    mongo.bind(settings)
    redis.bind(settings)
    counters: Any = RedisCounters(settings)
    try:
        assert mongo.client.options.pool_options.max_pool_size == sizing.mongodb_pool(9)
        pools = (redis.client.connection_pool, counters._limiter.storage.storage.connection_pool)
        assert sum(pool.max_connections for pool in pools) == sizing.redis_pools(9)
    finally:
        mongo.close()
        redis.close()


def capacity(tmp_path: Path, result: object, *options: str) -> subprocess.CompletedProcess:
    path = tmp_path / "result.json"
    path.write_text(result if isinstance(result, str) else json.dumps(result))
    command = [sys.executable, "-m", "bench.capacity", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_command_prints_each_figure_with_its_formula(tmp_path):
    done = capacity(tmp_path, KNEE, *REQUIRED)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1 + len(computed())
    assert (
        "HPA target                      60 %      100 / (1 + 0.4/min x 100 s / 60), rounded down, at most 90" in lines
    )


def test_a_limit_that_is_exceeded_is_named_and_sets_the_exit_status(tmp_path):
    done = capacity(tmp_path, KNEE, *REQUIRED, f"--mongodb-connections={351 + pods.connections()}", "--json")
    assert done.returncode == 1
    assert [one["name"] for one in json.loads(done.stdout) if one["is_exceeded"]] == ["MongoDB connections"]


@pytest.mark.parametrize(
    ("result", "options", "line"),
    [
        ("{", REQUIRED, "is no JSON"),
        ({"requests": 3}, REQUIRED, "is no result of the shape breakpoint: it has no knee"),
        ([], REQUIRED, "is no result of the shape breakpoint"),
        (KNEE | {"passed": False, "missed": ["too slow"]}, REQUIRED, "the run found no knee: too slow"),
        (KNEE | {"knee": {"achieved_per_s": 0, "cores": 1}}, REQUIRED, "has no achieved_per_s above 0"),
        (KNEE | {"knee": {"achieved_per_s": 9, "cores": None}}, REQUIRED, "no CPU time: run the load test with"),
        (KNEE, ("--peak-rps=-1", "--measured-workers=2"), "'--peak-rps': -1.0 is not in the range x>0"),
        (KNEE, ("--peak-rps=inf", "--measured-workers=2"), "'--peak-rps': inf is not finite"),
        (KNEE, ("--peak-rps=5",), "Missing option '--measured-workers'"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line(tmp_path, result, options, line):
    done = capacity(tmp_path, result, *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
