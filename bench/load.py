"""Short runs of wrk: requests a second and latencies."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

_UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """The results of a run of wrk."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float


def wrk(
    port: int, path: str, seconds: float, connections: int, headers: Mapping[str, str] | None = None, threads: int = 1
) -> Load:
    """Results of `connections` that each send the next request after the response; wrk rounds to whole seconds.

    Raises RuntimeError if a response was no success, or if there was none.
    """
    tool = shutil.which("wrk")
    if tool is None:
        raise RuntimeError("wrk is not installed: apt install wrk, or your system's package of that name")
    command = [tool, "-t", str(threads), "-c", str(connections), "-d", f"{max(round(seconds), 1)}s"]
    command += ["--latency", "--timeout", "10s"]
    command += [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    completed = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, timeout=seconds + 60, check=False
    )
    return parsed(completed.stdout + completed.stderr)


def parsed(text: str) -> Load:
    """The results in the output of wrk. It counts 304 as success: its "Non-2xx or 3xx" are statuses from 400 on.

    Raises RuntimeError as `wrk` does.
    """
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if rate is None or "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk: {' '.join(text.split())[-300:]}")
    return Load(float(rate[1]), _percentile_ms(text, 50), _percentile_ms(text, 99))


def _percentile_ms(text: str, percent: int) -> float:
    match = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)$", text, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"the output of wrk has no {percent} % percentile")
    return float(match[1]) * _UNITS_MS[match[2]]
