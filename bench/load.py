"""Short runs of wrk: requests a second and latencies."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Runs take seconds; a minute more means that wrk does not end.
_TIMEOUT_S = 120
_UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """The results of a run of wrk."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    requests: int
    failed: int = 0

    @property
    def succeeded_per_s(self) -> float:
        """Successful responses a second."""
        return self.requests_per_s * (1 - min(self.failed / self.requests, 1))


def wrk(port: int, path: str, seconds: float, connections: int, headers: Mapping[str, str] | None = None) -> Load:
    """Results of `connections` that each send the next request after the response; wrk rounds to whole seconds.

    Raises RuntimeError if a response was no success, or if there was none.
    """
    return finished(begun(port, path, seconds, connections, headers))


def begun(
    port: int,
    path: str,
    seconds: float,
    connections: int,
    headers: Mapping[str, str] | None = None,
    script: Path | None = None,
) -> "subprocess.Popen[str]":
    """A run of wrk for `finished`. The script, in Lua, replaces the path."""
    tool = shutil.which("wrk")
    if tool is None:
        raise RuntimeError("wrk is not installed: apt install wrk, or your system's package of that name")
    command = [tool, "-t", "1", "-c", str(connections), "-d", f"{max(round(seconds), 1)}s"]
    command += ["--latency", "--timeout", "10s"]
    command += [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    command += ["-s", str(script)] if script else []
    command.append(f"http://127.0.0.1:{port}{path}")
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finished(run: "subprocess.Popen[str]", may_fail: bool = False) -> Load:
    """The results of a run at its end. Raises RuntimeError as `wrk` does; with `may_fail` only without a response."""
    with run:
        output, _ = run.communicate(timeout=_TIMEOUT_S)
    return parsed(output, may_fail)


def parsed(text: str, may_fail: bool = False) -> Load:
    """The results in the output of wrk. It counts 304 as success: its "Non-2xx or 3xx" are statuses from 400 on.

    Failed requests are such statuses and broken or refused connections. Raises RuntimeError as `finished` does.
    """
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    requests = re.search(r"^\s+(\d+) requests in", text, re.MULTILINE)
    statuses = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failed = sum(int(count) for match in (statuses, sockets) if match for count in match.groups())
    if rate is None or requests is None or not int(requests[1]) or (failed and not may_fail):
        raise RuntimeError(f"wrk: {' '.join(text.split())[-300:]}")
    return Load(float(rate[1]), _percentile_ms(text, 50), _percentile_ms(text, 99), int(requests[1]), failed)


def _percentile_ms(text: str, percent: int) -> float:
    match = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"the output of wrk has no {percent} % percentile")
    return float(match[1]) * _UNITS_MS[match[2]]
