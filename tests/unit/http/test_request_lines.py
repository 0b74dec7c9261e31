"""Lines of requests are written together, each once, and all of them in the end."""

import threading

import pytest

from app import logs


@pytest.fixture
def writer():
    """Lines wait and are written by a thread of their own."""
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


def test_lines_are_written_while_the_worker_goes_on(writer, logged):
    logs.request({"n": 1})
    written = threading.Event()
    assert not written.wait(3 * logs._WRITE_EVERY_S)

    assert [line["n"] for line in logged()] == [1]


def test_after_the_end_each_line_writes_itself(writer, logged):
    writer.stop()
    logs.request({"n": 1})

    assert [line["n"] for line in logged()] == [1]


def test_when_too_many_wait_the_next_writes_itself(writer, logged, monkeypatch):
    monkeypatch.setattr(logs, "_MOST_WAITING", 0)
    logs.request({"n": 1})

    assert [line["n"] for line in logged()] == [1]


def test_a_writer_that_never_started_can_be_stopped():
    logs.RequestLines().stop()
