"""A run with several generators: exact counts, and a run that fails if a generator is lost."""

import os
import signal
import subprocess
import time

import psutil
import pytest


def test_the_counts_of_two_workers_are_those_of_the_target(make_target, make_generator):
    target = make_target()
    generator = make_generator(target.url, "--processes=2", "--expect-version=1.2.3")

    run = generator.run()

    assert run.code == 0, run.output
    # Health, totals, missions and the version, once for the master and once for each worker.
    checks_at_start = 4 * 3
    assert run.summary["requests"] == run.summary["sent"] == len(target.seen) - checks_at_start
    assert run.summary["requests"] == sum(run.summary["statuses"].values())
    assert run.summary["requests"] == sum(each["requests"] for each in run.summary["names"].values())
    assert (run.summary["failed"], run.summary["unanswered"]) == (0, 0)
    assert run.summary["missed"] == []


@pytest.mark.slow
def test_a_killed_worker_makes_the_run_fail(make_target, make_generator):
    target = make_target()
    generator = make_generator(target.url, "--processes=2", "--run-time=8s")

    with subprocess.Popen(generator.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert target.busy.wait(60)
        # A worker that has not reported yet is unknown to the master.
        time.sleep(4)
        worker = psutil.Process(process.pid).children()[0]
        os.kill(worker.pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=120)

    assert process.returncode == 1, output
    assert [line.rpartition(" was lost")[1] for line in generator.summary()["missed"]].count(" was lost") == 1, output
