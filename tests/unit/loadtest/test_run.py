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


def test_every_kind_of_request_has_its_figures(good):
    _, run = good
    kinds = run.summary["kinds"]
    assert kinds.keys() == {"pages", "api", "static", "exports", "pictures", "unchanged"}
    assert sum(figures["requests"] for figures in kinds.values()) == run.summary["requests"]
    assert run.summary["names"]["/api/v1/export as GeoJSON"]["kind"] == "exports"
    assert kinds["unchanged"]["requests"] == run.summary["statuses"]["304"]


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
    "/api/v1/observations": "limited without an end",
    "/stats": "error page",
    "/data": "plain",
    "/static/site.js": "page",
    "/api/v1/missions/standin1/20200101T0000/sections/temperature.png": "empty",
    "/updates.rss": "page",
}


@pytest.fixture(scope="module")
def bad(make_target, load):
    """A target where every route but two fails in a way of its own, and one run against it."""
    target = make_target(faults=FAULTS)
    return target, load(target.url)


def test_every_bad_answer_is_a_failure_with_its_reason(bad):
    _, run = bad
    assert run.code == 1
    assert {(found["name"], found["reason"]) for found in run.summary["reasons"]} == {
        ("/static/<path:filename>", "body is empty"),
        ("/static/<path:filename>", "static file is a page"),
        ("/api/v1/tracks", "no answer: HTTPConnectionClosed connection closed."),
        ("/missions", "answer cut short: HTTPParseError Incomplete response."),
        ("/missions/<platform>/<mission>", "page lacks what it is about"),
        ("/api/v1/totals", "no answer: HTTPConnectionClosed connection closed."),
        ("/api/v1/missions/<platform>/<mission>", "status 304"),
        ("/api/v1/missions/<platform>/<mission>/track", "status 302"),
        ("/api/v1/missions/<platform>/<mission>/profiles", "status 503 with Retry-After"),
        ("/api/v1/missions/<platform>/<mission>/data", "status 500"),
        ("/api/v1/missions/<platform>/<mission>/data as NetCDF", "status 500"),
        ("/api/v1/missions/<platform>/<mission>/sections/<variable>.png", "body is no whole PNG"),
        ("/api/v1/observations", "status 429"),
        ("/stats", "page tells of an error"),
        ("/data", "page names no style or no script"),
        ("/updates.rss", "body is no whole XML of its kind"),
    }


def test_failures_are_counted_listed_and_dated(bad):
    _, run = bad
    assert run.summary["failed"] == sum(found["count"] for found in run.summary["reasons"])
    assert len(run.summary["failures"]) == min(run.summary["failed"], 500)
    assert run.summary["failures"][0].keys() == {"at", "name", "reason"}
    assert run.summary["shed"] == run.summary["names"]["/api/v1/missions/<platform>/<mission>/profiles"]["failed"] > 0
    assert run.summary["limited"] == 0


@pytest.fixture(scope="module")
def limited(make_target, load):
    """A target where one client may ask for nothing of what it observes, and one run against it."""
    target = make_target(faults={"/api/v1/observations": "limited"})
    return target, load(target.url)


def test_a_refusal_of_one_client_is_no_failure_and_has_its_own_column(limited):
    _, run = limited
    refused = run.summary["names"]["/api/v1/observations limited"]
    assert run.summary["limited"] == refused["requests"] == run.summary["statuses"]["429"] > 0
    assert (run.summary["failed"], run.summary["shed"], refused["failed"]) == (0, 0, 0)
    assert "/api/v1/observations" not in run.summary["names"]


def test_a_run_that_was_limited_has_not_shown_what_it_should(limited):
    _, run = limited
    assert run.code == 1
    assert [line.partition(" requests ")[2] for line in run.summary["missed"]] == [
        "over the limits of one client: switch them off"
    ]


def test_who_is_limited_waits_as_long_as_told_and_no_longer_than_the_run(limited, good):
    # Half a minute, of a run of three seconds with one scientist.
    target, run = limited
    assert target.seen.count("/api/v1/observations") == 1 < good[0].seen.count("/api/v1/observations")
    assert run.summary["duration_s"] < 20


def test_a_style_or_script_is_loaded_once_by_each_person(good):
    target, _ = good
    pages = target.seen.count("/") + target.seen.count("/missions")
    assert 0 < target.seen.count("/static/site.css") == target.seen.count("/static/site.js") < pages


KINDS = """
[smoke]
max_failed_ratio = 0
p95_ms = 250
min_requests = 1
[smoke.kinds]
exports = { p95_ms = 300, p99_ms = 350 }
[smoke.names]
"/api/v1/export as CSV" = { p95_ms = 375 }
"/elsewhere" = { p95_ms = 1 }
"""


@pytest.fixture(scope="module")
def slow(make_target, make_generator, tmp_path_factory):
    """One run, by thresholds for kinds and names, against a target whose exports take 0.4 s; without --max-p95-ms."""
    path = tmp_path_factory.mktemp("thresholds") / "own.toml"
    path.write_text(KINDS)
    target = make_target(faults={"/api/v1/export": "slow"})
    return make_generator(target.url, f"--thresholds={path}", quick=False).run()


def test_a_slow_export_does_not_hide_behind_static_files(slow):
    assert slow.summary["p95_ms"] < 250
    assert [re.sub(r"(p9\d |\()\d+ ms", r"\1… ms", line) for line in slow.summary["missed"]] == [
        "exports: p95 … ms, at most 300 ms wanted; slowest is /api/v1/export as CSV (… ms)",
        "exports: p99 … ms, at most 350 ms wanted; slowest is /api/v1/export as CSV (… ms)",
        "/api/v1/export as CSV: p95 … ms, at most 375 ms wanted",
        "/elsewhere: no request, so nothing is known of its times",
    ]


def test_a_kind_that_fails_is_named_with_its_worst(make_target, load, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(
        "[smoke]\nmax_failed_ratio = 1\np95_ms = 1\nmin_requests = 1\n[smoke.kinds]\napi.max_failed_ratio = 0\n"
    )
    run = load(make_target(faults={"/api/v1/tracks": "500"}).url, f"--thresholds={own}")
    assert [re.sub(r"\d+ of \d+", "n of m", line) for line in run.summary["missed"]] == [
        "api: n of m failed, at most 0.00% wanted; most of them /api/v1/tracks"
    ]


def test_an_unknown_kind_is_refused(make_target, load, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[smoke]\nmax_failed_ratio = 0\np95_ms = 1\nmin_requests = 1\n[smoke.kinds]\nfiles.p95_ms = 1\n")
    run = load(make_target().url, f"--thresholds={own}")
    assert run.code == 1
    assert "no kind of request: files" in _last_line(run.output)


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
    assert [re.split("[,;] ", line)[1] for line in run.summary["missed"]] == [
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
