"""Request log lines are written in batches, each line once, and all of them by the end."""

import logging
import threading

import pytest

from app.telemetry import logs


@pytest.fixture
def writer():
    """A running writer thread."""
    writer = logs.RequestLines()
    writer.start()
    yield writer
    writer.stop()


def test_lines_of_many_threads_are_written_once_and_whole(writer, logged):
    threads = [threading.Thread(target=lambda n=n: logs.request({"n": n})) for n in range(50)]
    _ = [thread.start() for thread in threads]
    _ = [thread.join() for thread in threads]
    writer.stop()

    assert sorted(line["n"] for line in logged()) == list(range(50))


def test_lines_are_written_while_the_worker_runs(writer, logged):
    logs.request({"n": 1})
    written = threading.Event()
    assert not written.wait(3 * logs._WRITE_INTERVAL_S)

    assert [line["n"] for line in logged()] == [1]


def test_after_the_end_each_line_is_written_at_once(writer, logged):
    writer.stop()
    logs.request({"n": 1})

    assert [line["n"] for line in logged()] == [1]


def test_with_a_full_queue_lines_are_dropped_and_counted(writer, logged, monkeypatch):
    monkeypatch.setattr(logs, "_MAX_QUEUED", 0)
    _ = [logs.request({"n": n}) for n in range(3)]
    writer.stop()

    assert [(line["event"], line["count"]) for line in logged()] == [("request_lines_dropped", 3)]


def test_a_writer_that_never_started_can_be_stopped():
    logs.RequestLines().stop()


def test_lines_of_urllib3_about_retries_and_redirects_are_not_written(logged, caplog):
    pool = logging.getLogger("urllib3.connectionpool")
    pool.warning("Retrying: /bucket?X-Amz-Signature=secret")
    logging.getLogger("urllib3.poolmanager").info("Redirecting /bucket?X-Amz-Signature=secret")
    pool.error("broken")

    assert caplog.messages == ["broken"]
