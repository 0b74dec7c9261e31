"""A whole run of the generator: its exit code, its counts, its words."""

import json
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).parents[3]
BIN = pathlib.Path(sys.executable).parent


@pytest.fixture(scope="module")
def good(make_target, load):
    """A target that answers well, and one run against it."""
    target = make_target()
    return target, load(target.url)


def test_a_good_target_passes_and_every_route_was_read(good):
    _, run = good
    assert run.code == 0, run.output
    assert "smoke passed" in run.output
    assert run.summary["names"].keys() == {
        "/",
        "/static/<path:filename>",
        "/missions",
        "/missions/<platform>/<mission>",
        "/api/v1/tracks",
        "/api/v1/totals",
        "/api/v1/missions",
        "/api/v1/missions/<platform>/<mission>",
        "/api/v1/missions/<platform>/<mission>/track",
        "/api/v1/missions/<platform>/<mission>/profiles",
        "/api/v1/missions/<platform>/<mission>/data",
        "/api/v1/missions/<platform>/<mission>/data as NetCDF",
        "/api/v1/observations",
        "/map",
        "/fleet",
        "/fleet/<serial>",
        "/stats",
        "/updates",
        "/status",
        "/search",
    }


def test_the_summary_counts_exactly_what_the_target_was_asked(good):
    target, run = good
    checks_at_start = 3
    assert run.summary["requests"] == run.summary["sent"] == len(target.seen) - checks_at_start
    assert run.summary["requests"] == sum(run.summary["statuses"].values())
    assert (run.summary["failed"], run.summary["unanswered"], run.summary["passed"]) == (0, 0, True)


def test_a_phone_is_answered_304_and_that_is_a_success(good):
    _, run = good
    assert run.summary["statuses"]["304"] > 0


FAULTS = {
    "/static/site.css": "empty",
    "/api/v1/tracks": "closed",
    "/missions": "cut",
    "/missions/standin1/20200101T0000": "hollow",
    "/api/v1/totals": "closed if conditional",
    "/api/v1/missions/standin1/20200101T0000": "304 unasked",
    "/api/v1/missions/standin1/20200101T0000/track": "moved",
    "/api/v1/missions/standin1/20200101T0000/profiles": "shed",
    "/api/v1/missions/standin1/20200101T0000/data": "500",
    "/api/v1/observations": "limited",
    "/stats": "plain",
}


@pytest.fixture(scope="module")
def bad(make_target, load):
    """A target where every route but two fails in a way of its own, and one run against it."""
    target = make_target(faults=FAULTS)
    return target, load(target.url)


def test_every_bad_answer_is_a_failure_with_its_reason(bad):
    _, run = bad
    assert run.code == 1
    assert {found["name"]: found["reason"] for found in run.summary["reasons"]} == {
        "/static/<path:filename>": "body is empty",
        "/api/v1/tracks": "no answer: HTTPConnectionClosed connection closed.",
        "/missions": "answer cut short: HTTPParseError Incomplete response.",
        "/missions/<platform>/<mission>": "page lacks what it is about",
        "/api/v1/totals": "no answer: HTTPConnectionClosed connection closed.",
        "/api/v1/missions/<platform>/<mission>": "status 304",
        "/api/v1/missions/<platform>/<mission>/track": "status 302",
        "/api/v1/missions/<platform>/<mission>/profiles": "status 503 with Retry-After",
        "/api/v1/missions/<platform>/<mission>/data": "status 500",
        "/api/v1/missions/<platform>/<mission>/data as NetCDF": "status 500",
        "/api/v1/observations": "status 429 with Retry-After",
        "/stats": "page names no style or no script",
    }


def test_failures_are_counted_listed_and_dated(bad):
    _, run = bad
    assert run.summary["failed"] == sum(found["count"] for found in run.summary["reasons"])
    assert run.summary["failed"] == len(run.summary["failures"])
    assert run.summary["failures"][0].keys() == {"at", "name", "reason"}
    assert run.summary["shed"] == run.summary["names"]["/api/v1/missions/<platform>/<mission>/profiles"]["failed"] > 0
    assert run.summary["limited"] == run.summary["names"]["/api/v1/observations"]["failed"] > 0


def test_a_request_whose_connection_closes_is_never_sent_again(bad):
    target, run = bad
    assert target.seen.count("/api/v1/tracks") == run.summary["names"]["/api/v1/tracks"]["failed"] > 0


def test_another_site_is_refused_in_one_line(make_target, load):
    run = load(make_target({"/livez": ("text/html", "hello"), "/api/v1/totals": ("application/json", "{}")}).url)
    assert run.code == 1
    assert "has no totals of a fleet: this is not Halocline" in _last_line(run.output)
    assert run.summary == {}


def test_a_site_without_health_is_refused(make_target, load):
    run = load(make_target({"/": ("text/html", "hello")}).url)
    assert run.code == 1
    assert "/livez answered 404" in _last_line(run.output)


def test_a_redirect_at_the_start_is_not_followed(make_target, load):
    run = load(make_target(faults={"/livez": "moved"}).url)
    assert run.code == 1
    assert "/livez answered 302" in _last_line(run.output)


def test_nothing_listening_is_refused_in_one_line(load):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    run = load(f"http://127.0.0.1:{port}")
    assert run.code == 1
    assert "does not answer: [Errno 111] Connection refused" in _last_line(run.output)


def test_an_empty_store_is_refused(make_target, load):
    run = load(make_target(faults={"/api/v1/missions": "no items"}).url)
    assert run.code == 1
    assert "holds no missions" in _last_line(run.output)


def test_a_host_off_the_allow_list_is_refused_before_a_request(load):
    run = load("http://halocline.example")
    assert run.code == 1
    assert "halocline.example is not on the allow-list" in _last_line(run.output)


def test_a_host_on_the_allow_list_may_be_loaded(load):
    run = load("http://halocline.invalid", "--allow-host=halocline.invalid")
    assert run.code == 1
    assert "http://halocline.invalid/livez does not answer" in _last_line(run.output)


def test_another_version_than_expected_is_refused(make_target, load):
    run = load(make_target().url, "--expect-version=9.9.9")
    assert run.code == 1
    assert "does not run Halocline 9.9.9" in _last_line(run.output)


def test_the_expected_version_passes(make_target, load):
    run = load(make_target().url, "--expect-version=1.2.3", "--users=1", "--run-time=1s", "--min-requests=1")
    assert run.code == 0, run.output


def test_a_run_without_requests_fails(make_target, load):
    run = load(make_target().url, "--users=0", "--run-time=1s", "--min-requests=0")
    assert run.code == 1
    assert run.summary["missed"] == ["no request was made"]


def test_each_missed_threshold_fails_and_is_named(make_target, load):
    run = load(make_target().url, "--min-requests=100000", "--max-p95-ms=0.001")
    assert run.code == 1
    assert [line.split(", ")[1] for line in run.summary["missed"]] == [
        "at least 100000 wanted",
        "at most 0.001 ms wanted",
    ]
    assert "smoke FAILED" in run.output


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_long_run_with_its_verdict(make_target, make_generator, sent):
    target = make_target()
    generator = make_generator(target.url, "--shape=rollout", "--run-time=600s")
    process = subprocess.Popen(generator.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert target.busy.wait(timeout=30)
    process.send_signal(sent)
    assert process.wait(timeout=30) == 0
    found = generator.summary()
    assert (found["shape"], found["passed"], found["unanswered"]) == ("rollout", True, 0)
    assert found["requests"] == found["sent"] >= 20


def test_an_unknown_threshold_is_refused(make_target, load, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[smoke]\nmax_failed_ratio = 0\np95_ms = 1\nmin_requests = 1\nspeed = 3\n")
    run = load(make_target().url, f"--thresholds={own}")
    assert run.code == 1
    assert "'speed'" in _last_line(run.output)


def test_options_come_from_the_environment_too(make_target, load, monkeypatch):
    monkeypatch.setenv("SHAPE", "stairs")
    monkeypatch.setenv("STEPS", "2")
    monkeypatch.setenv("STEP_S", "1.5")
    monkeypatch.setenv("STEP_USERS", "6")
    run = load(make_target().url)
    assert run.code == 0, run.output
    assert run.summary["shape"] == "stairs"
    assert "updating to 12 users" in run.output


def _last_line(output: str) -> str:
    return output.rstrip().splitlines()[-1]


def test_the_documented_command_of_a_rollout_drill_works(make_target, tmp_path):
    target = make_target()
    command, short = _documented("--shape rollout"), "--run-time=1s --think=0.02 --min-requests=10"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            *command,
            "--host",
            target.url,
            *short.split(),
            f"--summary={tmp_path / 'rollout.json'}",
        ],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads((tmp_path / "rollout.json").read_text())["shape"] == "rollout"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_load_passes_its_options_on(make_target, tmp_path):
    target = make_target()
    options = f"SHAPE=stairs STEPS=2 STEP_S=1 STEP_USERS=6 THINK=0.02 MIN_REQUESTS=5 SUMMARY={tmp_path / 's.json'}"
    run = subprocess.run(
        ["make", "load", "-o", "develop", f"TARGET={target.url}", *options.split(), f"bin={BIN}"],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads((tmp_path / "s.json").read_text())["shape"] == "stairs"


def _documented(words: str) -> list[str]:
    """The command of docs/load-tests.md with these words, without the way to locust."""
    text = (REPOSITORY / "docs" / "load-tests.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^\$ \.venv/bin/(locust .*{words}.*)$", text, flags=re.MULTILINE)
    return shlex.split(line)
