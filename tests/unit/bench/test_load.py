"""Parsing of the output of wrk 4.1.0."""

import pytest

from bench import load

GOOD = """\
Running 1s test @ http://127.0.0.1:18099/index.html
  1 threads and 2 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     8.34ms   22.06ms 121.78ms   90.81%
    Req/Sec     1.53k   749.28     2.25k    77.78%
  Latency Distribution
     50%  704.00us
     75%    2.47ms
     90%   22.81ms
     99%    1.09s
  1442 requests in 1.01s, 267.56KB read
Requests/sec:   1434.68
Transfer/sec:    266.20KB
"""
NOT_FOUND = GOOD.replace("Requests/sec", "  Non-2xx or 3xx responses: 1054\nRequests/sec")
CUT = GOOD.replace("Requests/sec", "  Socket errors: connect 0, read 4893, write 0, timeout 0\nRequests/sec")
# wrk pads its units.
PADDED = GOOD.replace("99%    1.09s", "99%    1.09s ")
NO_SERVER = "unable to connect to 127.0.0.1:18099 Connection refused\n"


def test_rate_and_percentiles_are_converted_from_their_units():
    assert load.parsed(GOOD) == load.Load(requests_per_s=1434.68, p50_ms=0.704, p99_ms=1090.0, requests=1442)


@pytest.mark.parametrize(
    ("text", "cause"),
    [(NOT_FOUND, "Non-2xx or 3xx responses: 1054"), (CUT, "read 4893"), (NO_SERVER, "Connection refused")],
    ids=["error responses", "broken connections", "no server"],
)
def test_a_run_with_failures_is_refused_with_the_cause(text, cause):
    with pytest.raises(RuntimeError, match=cause):
        load.parsed(text)


def test_a_run_that_may_fail_counts_error_responses_and_broken_connections():
    both = NOT_FOUND.replace("  Non-2xx", "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx")
    run = load.parsed(both, may_fail=True)
    assert (run.requests, run.failed) == (1442, 1064)
    assert run.succeeded_per_s == pytest.approx(1434.68 * 378 / 1442)


def test_a_run_in_which_all_requests_failed_has_no_successes():
    run = load.parsed(GOOD.replace("Requests/sec", "  Non-2xx or 3xx responses: 1442\nRequests/sec"), may_fail=True)
    assert run.succeeded_per_s == 0


def test_a_percentile_may_be_followed_by_spaces():
    assert load.parsed(PADDED).p99_ms == 1090.0


def test_without_wrk_the_error_contains_the_package_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt install wrk"):
        load.wrk(1, "/", 1, 1)
