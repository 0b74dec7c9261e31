"""A whole run of the generator: its exit code, its counts, its report. Runs of the same kind share one process."""

import json
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).parents[3]
BIN = pathlib.Path(sys.executable).parent


@pytest.fixture(scope="module")
def good(make_target, load):
    """A healthy target, and one run against it that requires its version."""
    target = make_target()
    return target, load(target.url, "--expect-version=1.2.3")


def test_a_good_target_passes_and_every_route_was_read(good):
    _, run = good
    assert run.code == 0, run.output
    assert "smoke passed" in run.output
    assert run.summary["names"].keys() == {
        "/",
        "/ unchanged",
        "/static/<path:filename>",
        "/missions",
        "/missions/<platform>/<mission>",
        "/missions/<platform>/<mission> unchanged",
        "/map",
        "/fleet",
        "/fleet/<serial>",
        "/basins/<basin>",
        "/basins/<basin> unchanged",
        "/stats",
        "/updates",
        "/updates.rss",
        "/updates.rss unchanged",
        "/status",
        "/data",
        "/search",
        "/robots.txt",
        "/robots.txt unchanged",
        "/sitemap.xml",
        "/api/v1/openapi.json",
        "/api/v1/tracks",
        "/api/v1/totals",
        "/api/v1/totals unchanged",
        "/api/v1/missions",
        "/api/v1/platforms",
        "/api/v1/stats",
        "/api/v1/search",
        "/api/v1/observations",
        "/api/v1/export as CSV",
        "/api/v1/export as GeoJSON",
        "/api/v1/missions/<platform>/<mission>",
        "/api/v1/missions/<platform>/<mission>/track",
        "/api/v1/missions/<platform>/<mission>/profiles",
        "/api/v1/missions/<platform>/<mission>/profiles/<number>",
        "/api/v1/missions/<platform>/<mission>/sections",
        "/api/v1/missions/<platform>/<mission>/sections/<variable>",
        "/api/v1/missions/<platform>/<mission>/sections/<variable>.png",
        "/api/v1/missions/<platform>/<mission>/data",
        "/api/v1/missions/<platform>/<mission>/data as NetCDF",
    }


def test_the_cycles_of_the_access_log_are_those_of_the_journeys(good, module):
    _, run = good
    names = {name for name, figures in run.summary["names"].items() if figures["kind"] in ("pages", "api", "exports")}
    # The description of the API is read once by each scientist, not in each cycle.
    sent = {name.partition(" as ")[0] for name in names} - {"/api/v1/openapi.json"}

    assert {route for cycle in module("access_log").CYCLES.values() for route in cycle} == sent


def test_every_kind_of_request_has_its_figures(good):
    _, run = good
    kinds = run.summary["kinds"]
    assert kinds.keys() == {"pages", "api", "static", "exports", "pictures", "unchanged"}
    assert sum(figures["requests"] for figures in kinds.values()) == run.summary["requests"]
    assert run.summary["names"]["/api/v1/export as GeoJSON"]["kind"] == "exports"
    assert kinds["unchanged"]["requests"] == run.summary["statuses"]["304"]


def test_the_summary_counts_exactly_the_requests_of_the_target(good):
    target, run = good
    # Health, totals, missions and the version.
    checks_at_start = 4
    assert run.summary["requests"] == run.summary["sent"] == len(target.seen) - checks_at_start
    assert run.summary["requests"] == sum(run.summary["statuses"].values())
    assert (run.summary["failed"], run.summary["unanswered"], run.summary["passed"]) == (0, 0, True)


def test_a_sailbuoy_without_profiles_is_no_failure(make_target, load):
    profiles = "/api/v1/missions/standin1/20200101T0000/profiles"
    run = load(make_target(faults={"/api/v1/missions": "sailbuoy", profiles: "no items"}).url)
    assert run.code == 0, run.summary["reasons"]
    assert run.summary["names"]["/api/v1/missions/<platform>/<mission>/profiles"]["requests"] > 0


def test_a_phone_gets_304_and_that_is_a_success(good):
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
    "/api/v1/observations": "limited without an end",
    "/stats": "error page",
    "/data": "plain",
    "/static/site.js": "page",
    "/api/v1/missions/standin1/20200101T0000/sections/temperature.png": "empty",
    "/updates.rss": "page",
}


@pytest.fixture(scope="module")
def bad(make_target, load):
    """A target where nearly every route fails in its own way, and one run against it with thresholds out of reach."""
    target = make_target(faults=FAULTS)
    return target, load(target.url, "--min-requests=100000", "--max-p95-ms=0.001")


def test_every_bad_response_is_a_failure_with_its_reason(bad):
    _, run = bad
    assert run.code == 1
    assert {(entry["name"], entry["reason"]) for entry in run.summary["reasons"]} == {
        ("/static/<path:filename>", "body is empty"),
        ("/static/<path:filename>", "static file is a page"),
        ("/api/v1/tracks", "no answer: HTTPConnectionClosed connection closed."),
        ("/missions", "answer cut short: HTTPParseError Incomplete response."),
        ("/missions/<platform>/<mission>", "page lacks its content"),
        ("/api/v1/totals", "no answer: HTTPConnectionClosed connection closed."),
        ("/api/v1/missions/<platform>/<mission>", "status 304"),
        ("/api/v1/missions/<platform>/<mission>/track", "status 302"),
        ("/api/v1/missions/<platform>/<mission>/profiles", "status 503 with Retry-After"),
        ("/api/v1/missions/<platform>/<mission>/data", "status 500"),
        ("/api/v1/missions/<platform>/<mission>/data as NetCDF", "status 500"),
        ("/api/v1/missions/<platform>/<mission>/sections/<variable>.png", "body is no complete PNG"),
        ("/api/v1/observations", "status 429"),
        ("/stats", "page shows an error"),
        ("/data", "page names no style or no script"),
        ("/updates.rss", "body is no complete XML document of this type"),
    }


def test_failures_are_counted_listed_and_dated(bad):
    _, run = bad
    assert run.summary["failed"] == sum(entry["count"] for entry in run.summary["reasons"])
    assert len(run.summary["failures"]) == min(run.summary["failed"], 500)
    assert run.summary["failures"][0].keys() == {"at", "name", "reason"}
    assert run.summary["shed"] == run.summary["names"]["/api/v1/missions/<platform>/<mission>/profiles"]["failed"] > 0
    assert run.summary["limited"] == 0


def test_each_missed_threshold_fails_and_is_named(bad):
    _, run = bad
    assert run.code == 1
    assert [re.split("[,;] ", line)[1] for line in run.summary["missed"]] == [
        "at least 100000 wanted",
        "at most 0.00% wanted",
        "at most 0.00% wanted",
        "at most 0.001 ms wanted",
    ]
    assert "smoke FAILED" in run.output


THRESHOLDS = """
[smoke]
max_failed_ratio = 0
p95_ms = 750
min_requests = 1
[smoke.kinds]
exports = { p95_ms = 600, p99_ms = 650 }
[smoke.names]
"/api/v1/export as CSV" = { p95_ms = 700 }
"/elsewhere" = { p95_ms = 1 }
"""


@pytest.fixture(scope="module")
def slow(make_target, make_generator, tmp_path_factory):
    """A target with a slow export and a rate limit on observations, and one run against it with own thresholds."""
    path = tmp_path_factory.mktemp("thresholds") / "own.toml"
    path.write_text(THRESHOLDS)
    target = make_target(faults={"/api/v1/export": "slow CSV", "/api/v1/observations": "limited"})
    return target, make_generator(target.url, f"--thresholds={path}", is_fast=False).run()


def test_a_rate_limited_request_is_no_failure_and_has_its_own_column(slow):
    _, run = slow
    refused = run.summary["names"]["/api/v1/observations limited"]
    assert run.summary["limited"] == refused["requests"] == run.summary["statuses"]["429"] > 0
    assert (run.summary["failed"], run.summary["shed"], refused["failed"]) == (0, 0, 0)
    assert "/api/v1/observations" not in run.summary["names"]


def test_a_rate_limited_client_waits_as_required_but_not_beyond_the_run(slow, good):
    # Half a minute, of a run of three seconds with one scientist.
    target, run = slow
    assert target.seen.count("/api/v1/observations") == 1 < good[0].seen.count("/api/v1/observations")
    assert run.summary["duration_s"] < 20


def test_a_slow_export_and_a_rate_limit_miss_although_all_requests_together_are_fast(slow):
    _, run = slow
    assert run.code == 1
    assert run.summary["p95_ms"] < 750
    assert [re.sub(r"(p9\d |\(|of |^)\d+(?= )", r"\1…", line) for line in run.summary["missed"]] == [
        "… of … requests over the limits of one client: switch them off",
        "exports: p95 … ms, at most 600 ms wanted; slowest is /api/v1/export as CSV (… ms)",
        "exports: p99 … ms, at most 650 ms wanted; slowest is /api/v1/export as CSV (… ms)",
        "/api/v1/export as CSV: p95 … ms, at most 700 ms wanted",
        "/elsewhere: no request, so its times are unknown",
    ]


def test_a_style_or_script_is_loaded_once_by_each_visitor(good):
    target, _ = good
    pages = target.seen.count("/") + target.seen.count("/missions")
    assert 0 < target.seen.count("/static/site.css") == target.seen.count("/static/site.js") < pages


def test_a_request_whose_connection_closes_is_never_sent_again(bad):
    target, run = bad
    assert target.seen.count("/api/v1/tracks") == run.summary["names"]["/api/v1/tracks"]["failed"] > 0


def test_another_site_is_refused_in_one_line(make_target, load):
    run = load(make_target({"/livez": ("text/html", "hello"), "/api/v1/totals": ("application/json", "{}")}).url)
    assert run.code == 1
    assert "has no totals of a fleet: this is not Halocline" in _last_line(run.output)
    assert run.summary == {}


def test_a_host_on_the_allow_list_is_loaded(load):
    run = load("http://halocline.invalid", "--allow-host=halocline.invalid")
    assert run.code == 1
    assert "http://halocline.invalid/livez does not answer" in _last_line(run.output)


def test_another_version_than_expected_is_refused(make_target, load):
    run = load(make_target().url, "--expect-version=9.9.9")
    assert run.code == 1
    assert "does not run Halocline 9.9.9" in _last_line(run.output)


@pytest.mark.slow
def test_a_run_without_requests_fails(make_target, load):
    run = load(make_target().url, "--users=0", "--run-time=1s", "--min-requests=0")
    assert run.code == 1
    assert run.summary["missed"] == ["no request was made"]


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_signal_ends_a_long_run_with_its_verdict(make_target, make_generator, number):
    target = make_target()
    generator = make_generator(target.url, "--shape=rollout", "--run-time=600s")
    process = subprocess.Popen(generator.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert target.busy.wait(timeout=30)
    process.send_signal(number)
    assert process.wait(timeout=30) == 0
    summary = generator.summary()
    assert (summary["shape"], summary["passed"], summary["unanswered"]) == ("rollout", True, 0)
    assert summary["requests"] == summary["sent"] >= 20


@pytest.mark.slow
def test_options_can_be_set_in_the_environment(make_target, load, monkeypatch):
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
    assert "updating to 12 users" in run.stdout + run.stderr


def _documented(words: str) -> list[str]:
    """Return the command of docs/load-tests.md with these words, without the path of locust."""
    text = (REPOSITORY / "docs" / "load-tests.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^\$ \.venv/bin/(locust .*{words}.*)$", text, flags=re.MULTILINE)
    return shlex.split(line)
