"""What the metrics process answers."""

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families
from pymongo.errors import ServerSelectionTimeoutError

from app.http import exposition


@pytest.fixture
def directory(tmp_path):
    """A directory with what two workers counted."""
    files = [MmapedDict(str(tmp_path / f"counter_{slot}.db")) for slot in (0, 1)]
    key = mmap_key("halocline_requests_shed", "halocline_requests_shed_total", ["reason"], ["concurrency"], "Help.")
    _ = [file.write_value(key, 20.0, 0.0) for file in files]
    _ = [file.close() for file in files]
    return tmp_path


@pytest.fixture
def client(directory):
    return exposition.create_app(directory, lambda: {"stored": 3, "refused": 0}).test_client()


def values(answer):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_numbers_of_all_workers_are_added_up(client):
    assert values(client.get("/metrics"))["halocline_requests_shed_total", "concurrency"] == 40


def test_outcomes_of_imports_come_from_the_store(client):
    found = values(client.get("/metrics"))

    assert found["halocline_imports_total", "stored"] == 3
    assert found["halocline_imports_total", "refused"] == 0


def test_it_measures_itself(client):
    found = values(client.get("/metrics"))

    assert found["halocline_metrics_multiproc_files",] == 2
    assert found["halocline_metrics_collect_seconds",] > 0


def test_prometheus_learns_the_media_type(client):
    assert client.get("/metrics").content_type.startswith("text/plain; version=0.0.4")
    openmetrics = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert openmetrics.content_type.startswith("application/openmetrics-text")
    assert openmetrics.text.endswith("# EOF\n")


def test_single_metrics_can_be_asked_for(client):
    found = values(client.get("/metrics?name[]=halocline_requests_shed_total"))

    assert found == {("halocline_requests_shed_total", "concurrency"): 40}


def test_a_metric_that_nobody_has_is_an_empty_answer(client):
    answer = client.get("/metrics?name[]=nonsense")

    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metricsx", "/static/x", "/readyz", "/api/v1/missions"])
def test_nothing_else_is_answered(path, client):
    assert client.get(path).status_code == 404


def test_it_is_alive(client):
    assert client.get("/livez").status_code == 200


def test_a_directory_that_is_not_there_yet_has_no_numbers(tmp_path):
    client = exposition.create_app(tmp_path / "later", dict).test_client()

    assert values(client.get("/metrics"))["halocline_metrics_multiproc_files",] == 0


def test_while_the_store_is_away_there_is_no_series_and_no_error(directory):
    asked = []

    def away():
        asked.append(1)
        raise ServerSelectionTimeoutError

    client = exposition.create_app(directory, away).test_client()
    answers = [client.get("/metrics"), client.get("/metrics")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "halocline_imports_total{" not in answers[1].text
    assert asked == [1]


def test_the_store_is_asked_again_after_ten_seconds():
    clock = iter([100.0, 109.9, 110.0])
    counts = iter([{"stored": 1}, {"stored": 2}])
    imports = exposition.Imports(lambda: next(counts), clock=lambda: next(clock))

    seen = [family.samples[0].value for _ in range(3) for family in imports.collect()]
    assert seen == [1, 1, 2]


def test_the_last_verification_is_told_once_there_is_one(directory):
    app = exposition.create_app(directory, dict, lambda: (1.75e9, 3))
    before = exposition.create_app(directory, dict).test_client().get("/metrics")

    found = values(app.test_client().get("/metrics"))

    assert found["halocline_verified_timestamp_seconds",] == 1.75e9
    assert found["halocline_verification_differences",] == 3
    assert "halocline_verif" not in before.text


def test_a_file_that_is_just_being_made_is_read_again(directory, monkeypatch):
    half_made = directory / "histogram_0.db"
    half_made.touch()
    monkeypatch.setattr(exposition.time, "sleep", lambda _: half_made.unlink(missing_ok=True))  # type: ignore[attr-defined]
    client = exposition.create_app(directory, dict).test_client()

    assert client.get("/metrics").status_code == 200
