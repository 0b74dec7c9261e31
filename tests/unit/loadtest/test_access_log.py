"""The weights of the users follow from an access log: of the portal, or of a proxy in front of it."""

import collections
import json

import pytest

MISSION = "/missions/standin1/20200101T0000"
CONCRETE = {
    "<platform>": "sea1", "<mission>": "m1", "<serial>": "1", "<basin>": "b", "<variable>": "v", "<number>": "7",
}  # fmt: skip
# Seconds of a cycle; a run computes them from the pauses of the users.
CYCLE_S = {"Visitor": 12.5, "Browser": 22.5, "Scientist": 14, "Phone": 28, "Crawler": 7}


@pytest.fixture(scope="module")
def log(module):
    return module("access_log")


def path_of(route):
    for name, value in CONCRETE.items():
        route = route.replace(name, value)
    return route


def portal(path, method="GET", status=200, **more):
    fields = {"event": "request", "level": "info", "timestamp": "2026-11-27T08:00:00Z", "route": "/x", "duration_ms": 1}
    return json.dumps(fields | {"method": method, "path": path, "status": status} | more)


def common(path, method="GET", status=200):
    return f'192.0.2.1 - - [27/Nov/2026:08:00:00 +0000] "{method} {path} HTTP/1.1" {status} 512'


def combined(path, method="GET", status=200, agent="Mozilla/5.0"):
    return f'{common(path, method, status)} "-" "{agent}"'


@pytest.fixture
def write(tmp_path):
    """Write the requests of so many cycles of each kind of user as lines of a format."""

    def lines(log, cycles, line):
        counts: collections.Counter[str] = collections.Counter()
        for user, number in cycles.items():
            counts.update({route: number * times for route, times in log.CYCLES[user].items()})
        path = tmp_path / "access.log"
        path.write_text("".join(f"{line(path_of(route))}\n" * number for route, number in counts.items()))
        return path

    return lines


@pytest.mark.parametrize("line", [portal, common, combined])
def test_the_mix_that_sent_the_requests_is_found(log, write, line):
    path = write(log, {"Visitor": 40, "Scientist": 10, "Crawler": 5}, line)
    requests = log.read(path)

    seconds = {"Visitor": 40 * 12.5, "Scientist": 10 * 14, "Crawler": 5 * 7}
    shares = {user: 100 * each / sum(seconds.values()) for user, each in seconds.items()}
    assert log.weights(requests, CYCLE_S) == pytest.approx(shares, abs=1)
    assert not requests.unused


def test_every_kind_of_user_is_found(log, write):
    path = write(log, dict.fromkeys(CYCLE_S, 20), combined)

    shares = {user: 100 * each / sum(CYCLE_S.values()) for user, each in CYCLE_S.items()}
    assert log.weights(log.read(path), CYCLE_S) == pytest.approx(shares, abs=1)


def test_lines_that_are_not_used_are_counted_by_reason(log, tmp_path):
    lines = [
        portal("/map"),
        f"[pod/web-1/app] {portal('/fleet')}",
        combined("/missions?year=2020", status=304),
        portal("/map", method="POST"),
        portal("/map", status=503),
        portal("/static/site.css"),
        portal(f"/api/v1{MISSION}/sections/temperature.png"),
        portal("/about"),
        portal("/map", event="dependency_up"),
        portal("/map", status="none"),
        combined("/", agent="halocline-probe/0.1.0"),
        "half a line",
        '{"broken": ',
        "",
    ]
    path = tmp_path / "access.log"
    path.write_bytes("\n".join(lines).encode() + b"\n\xff\xfe\n")
    requests = log.read(path)

    assert requests.routes == {"/map": 1, "/fleet": 1, "/missions": 1}
    assert requests.unused == {
        log.UNREADABLE: 5, log.OTHER_METHOD: 1, log.NOT_READ: 1, log.FOLLOWING: 2, log.ELSEWHERE: 1,
        log.OTHER_EVENT: 1, log.OF_THE_PROBE: 1,
    }  # fmt: skip
    report = requests.report("access.log", {"Browser": 100.0})
    assert report.startswith("access.log: 15 lines, 3 used, 5 of no known format, 2 of static files and pictures")
    assert report.endswith("users: Browser 100.0 %\n")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        ("", "is empty"),
        ("a\nb\n", "is no access log: neither the log of the portal nor the common or combined format"),
        ("\x89PNG\r\n\x1a\n\x00\x00", "is no access log"),
        (common("/wp-login.php"), "has no request that a journey sends, in 1 lines"),
        (portal("/map", event="store_ready"), "has no request that a journey sends, in 1 lines"),
    ],
)
def test_a_file_without_requests_of_visitors_is_refused(log, tmp_path, content, reason):
    path = tmp_path / "access.log"
    _ = None if content is None else path.write_text(content)

    with pytest.raises(log.Unusable, match=rf"^\S+access\.log:? {reason}"):
        log.read(path)


def test_users_whose_requests_are_not_in_the_log_are_refused(log, write):
    requests = log.read(write(log, {"Crawler": 5}, common))

    with pytest.raises(log.Unusable, match="none of these users"):
        log.weights(requests, {"Browser": 22.5})


def test_a_run_has_the_users_of_the_log(log, write, make_target, load):
    path = write(log, {"Phone": 40, "Browser": 40}, combined)
    run = load(make_target().url, f"--access-log={path}")

    assert run.code == 0, run.output
    assert "access.log: 760 lines, 760 used" in run.output
    assert {"/updates.rss unchanged", "/stats"} <= run.summary["names"].keys()
    assert not {"/robots.txt", "/api/v1/export as CSV"} & run.summary["names"].keys()


def test_a_run_with_a_foreign_file_is_refused_in_one_line(tmp_path, make_target, load):
    (tmp_path / "notes.txt").write_text("no log\n")
    run = load(make_target().url, f"--access-log={tmp_path / 'notes.txt'}")

    assert run.code == 1
    assert "load test: " in run.output
    assert "notes.txt is no access log" in run.output
