"""The responses of the metrics process."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families
from pymongo.errors import ServerSelectionTimeoutError

from app.telemetry import exposition
from app.telemetry.store_metrics import StoreReads


@pytest.fixture
def directory(tmp_path):
    """A directory with the metric files of two workers."""
    files = [MmapedDict(str(tmp_path / f"counter_{slot}.db")) for slot in (0, 1)]
    key = mmap_key("halocline_requests_shed", "halocline_requests_shed_total", ["reason"], ["concurrency"], "Help.")
    _ = [file.write_value(key, 20.0, 0.0) for file in files]
    _ = [file.close() for file in files]
    return tmp_path


@pytest.fixture
def client(directory):
    return exposition.create_app(directory, StoreReads(imports=lambda: {"stored": 3, "refused": 0})).test_client()


def values(answer):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_counters_of_all_workers_are_added_up(client):
    assert values(client.get("/metrics"))["halocline_requests_shed_total", "concurrency"] == 40


def test_outcomes_of_imports_come_from_the_store(client):
    metrics = values(client.get("/metrics"))

    assert metrics["halocline_imports_total", "stored"] == 3
    assert metrics["halocline_imports_total", "refused"] == 0


def test_it_measures_itself(client):
    metrics = values(client.get("/metrics"))

    assert metrics["halocline_metrics_multiproc_files",] == 2
    assert metrics["halocline_metrics_collect_seconds",] > 0


def test_the_media_type_depends_on_accept(client):
    assert client.get("/metrics").content_type.startswith("text/plain; version=0.0.4")
    openmetrics = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert openmetrics.content_type.startswith("application/openmetrics-text")
    assert openmetrics.text.endswith("# EOF\n")


def test_single_metrics_can_be_selected(client):
    metrics = values(client.get("/metrics?name[]=halocline_requests_shed_total"))

    assert metrics == {("halocline_requests_shed_total", "concurrency"): 40}


NAMES = st.lists(st.text(max_size=40), min_size=1, max_size=20)


@given(NAMES)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_selection_of_metrics_is_a_part_of_all(client, names):
    everything = values(client.get("/metrics"))
    answer = client.get("/metrics", query_string=[("name[]", name) for name in names])

    assert answer.status_code == 200
    assert values(answer).keys() <= everything.keys()


def test_an_unknown_metric_gives_an_empty_response(client):
    answer = client.get("/metrics?name[]=nonsense")

    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metricsx", "/static/x", "/readyz", "/api/v1/missions"])
def test_other_paths_are_404(path, client):
    assert client.get(path).status_code == 404


def test_it_is_alive(client):
    assert client.get("/livez").status_code == 200


def test_a_missing_directory_has_no_files(tmp_path):
    client = exposition.create_app(tmp_path / "later", StoreReads()).test_client()

    assert values(client.get("/metrics"))["halocline_metrics_multiproc_files",] == 0


def test_without_the_store_there_is_no_series_and_no_error(directory):
    reads = []

    def unreachable():
        reads.append(1)
        raise ServerSelectionTimeoutError

    client = exposition.create_app(directory, StoreReads(imports=unreachable)).test_client()
    answers = [client.get("/metrics"), client.get("/metrics")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "halocline_imports_total{" not in answers[1].text
    assert reads == [1]


def test_the_last_verification_is_exposed_if_there_is_one(directory):
    app = exposition.create_app(directory, StoreReads(verified=lambda: (1.75e9, 3)))
    before = exposition.create_app(directory, StoreReads()).test_client().get("/metrics")

    metrics = values(app.test_client().get("/metrics"))

    assert metrics["halocline_verified_timestamp_seconds",] == 1.75e9
    assert metrics["halocline_verification_differences",] == 3
    assert "halocline_verif" not in before.text


def test_an_incomplete_file_is_read_again(directory, monkeypatch):
    incomplete = directory / "histogram_0.db"
    incomplete.touch()
    monkeypatch.setattr("app.telemetry.exposition.time.sleep", lambda _: incomplete.unlink(missing_ok=True))
    client = exposition.create_app(directory, StoreReads()).test_client()

    assert client.get("/metrics").status_code == 200
