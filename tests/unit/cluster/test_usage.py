"""Use against requests: documents of the metrics API and of pods become rows."""

import threading

import pytest

from tests.e2e.cluster.cluster import Failed
from tests.e2e.cluster.usage import Row, Usage, quantity, watched

MI = 2**20


def pod(name: str, component: str = "web") -> dict:
    requests = {"cpu": "160m", "memory": "384Mi"}
    return {
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": component}},
        "spec": {
            "initContainers": [{"name": "metrics", "resources": {"requests": {"cpu": "15m", "memory": "160Mi"}}}],
            "containers": [{"name": "app", "resources": {"requests": requests}}, {"name": "bare"}],
        },
    }


def used(name: str, **containers: tuple[str, str]) -> dict:
    usage = [{"name": key, "usage": {"cpu": cpu, "memory": memory}} for key, (cpu, memory) in containers.items()]
    return {"metadata": {"name": name}, "containers": usage}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("123456789n", 0.123456789),
        ("250u", 0.00025),
        ("160m", 0.16),
        ("2", 2),
        ("0", 0),
        ("1Ki", 1024),
        ("1.5Gi", 1.5 * 2**30),
    ],
)
def test_quantities_of_the_metrics_api_are_read(text, number):
    assert quantity(text) == pytest.approx(number)


def test_a_row_has_the_peak_over_pods_and_samples_with_its_request():
    usage = Usage()
    usage.add([pod("web-1"), pod("web-2")], [used("web-1", app=("80m", "200Mi")), used("web-2", app=("240m", "100Mi"))])
    usage.add([pod("web-1")], [used("web-1", app=("40m", "288Mi"), metrics=("3m", "80Mi"))])

    rows = {(row.container, row.resource): row for row in usage.rows()}

    assert rows["app", "cpu"] == Row("web", "app", "cpu", 0.16, 0.24)
    assert rows["app", "cpu"].ratio == pytest.approx(1.5)
    assert rows["app", "memory"].ratio == pytest.approx(0.75)
    assert rows["metrics", "memory"] == Row("web", "metrics", "memory", 160 * MI, 80 * MI)


def test_a_container_without_a_request_has_no_ratio():
    usage = Usage()
    usage.add([pod("web-1")], [used("web-1", bare=("1m", "2Mi"))])
    assert [row.ratio for row in usage.rows()] == [None, None]
    assert str(usage.rows()[0]).split() == ["web/bare", "cpu", "none", "1m"]


def test_a_pod_that_has_just_ended_is_left_out():
    usage = Usage()
    usage.add([], [used("web-1", app=("80m", "200Mi"))])
    assert usage.rows() == []


def test_a_row_prints_millicores_and_mebibytes():
    assert str(Row("web", "app", "memory", 384 * MI, 288.4 * MI)).split() == [
        "web/app",
        "memory",
        "384Mi",
        "288Mi",
        "0.75",
    ]


def test_a_failed_read_does_not_end_the_watch():
    reads, is_read = [], threading.Event()

    def read(usage: Usage) -> None:
        reads.append(usage)
        if len(reads) == 1:
            raise Failed("metrics not available yet")
        usage.add([pod("web-1")], [used("web-1", app=("80m", "200Mi"))])
        is_read.set()

    with watched(every_s=0.01, read=read) as usage:
        assert is_read.wait(10)
    assert len(usage.rows()) == 2
