"""Write the results of measurements to `bench/results.json`, to the table and to the chart of docs/performance.md."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from bench import chart, rates, rounds
from bench.measured import Aim, Measured

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "img" / "performance.svg"
_BEGIN, _END = "<!-- results: `make bench` writes them -->", "<!-- end of the results -->"
_PACKAGES = ("flask", "gunicorn", "pymongo", "redis", "brotli", "orjson", "jinja2", "werkzeug")
_HEAD = "| aim | what | limit | measured | 95 % interval | smallest, largest | rounds | CPU ms | |"
# An innermost list of JSON over several lines. Strings contain no line ends, so they never match.
_LIST = re.compile(r"\[\n\s+([^\[\]{}]*?)\n\s+\]")
_LINE_END = re.compile(r",\n\s+")

Results = dict[str, Any]


def machine() -> dict[str, str]:
    """Properties of this machine, on which the figures depend."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    return {
        "processor": cpu[1] if cpu else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "unknown",
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Versions of the measured packages and of the measuring tools."""
    by_name = {name: version(name) for name in _PACKAGES}
    for tool, arguments in (("wrk", ["-v"]), ("nginx", ["-v"])):
        try:
            completed = subprocess.run(
                [tool, *arguments], capture_output=True, text=True, check=False, env=_with_sbin()
            )
        except FileNotFoundError:
            # Other groups than `machine` may do without them.
            continue
        number = re.search(r"(\d+\.\d+(?:\.\d+)?)", completed.stdout + completed.stderr)
        by_name[tool] = number[1] if number else "unknown"
    return by_name


def _with_sbin() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}


def noted(before: Results, result: Measured, aim: Aim, revision: str, at: datetime | None = None) -> Results:
    """The results with the row of this aim added or replaced, and its history continued.

    An entry of the history is [time, revision, median, low, high]. A result of the same revision replaces the last one.
    """
    interval = result.interval
    row = {
        "what": aim.what,
        "aim": f"{aim.operator} {aim.limit:g}",
        "median": _rounded(interval.median),
        "interval": [_rounded(interval.low), _rounded(interval.high)],
        "spread": [_rounded(min(result.values)), _rounded(max(result.values))],
        "rounds": interval.count,
        "verdict": rounds.verdict(interval, aim.operator, aim.limit),
        "about": result.about,
        "revision": revision,
        "at": (at or datetime.now(UTC)).isoformat(timespec="minutes"),
    }
    earlier = [entry for entry in before.get("history", {}).get(result.aim, ()) if entry[1] != revision]
    entry = [row["at"], revision, *map(_rounded, (interval.median, interval.low, interval.high))]
    return {
        "machine": machine(),
        "versions": versions(),
        "rows": {**before.get("rows", {}), result.aim: row},
        "history": {**before.get("history", {}), result.aim: [*earlier, entry]},
    }


def known() -> Results:
    """The results of earlier runs; empty before the first."""
    return orjson.loads(RESULTS.read_bytes()) if RESULTS.exists() else {}


def write(results: Results, aims: Mapping[str, Aim]) -> None:
    """Write the results, in the order of the aims, to the file, the page and the chart. ValueError without markers."""
    ordered = {
        **results,
        **{part: {name: results[part][name] for name in aims if name in results[part]} for part in ("rows", "history")},
    }
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no place for results: its two markers are missing")
    PAGE.write_text(f"{before}{_BEGIN}\n{table(ordered, aims)}\n{_END}{after}", encoding="utf-8")
    RESULTS.write_text(compact(ordered), encoding="utf-8")
    CHART.write_text(chart.drawn(ordered["history"], aims), encoding="utf-8")


def compact(results: Results) -> str:
    """The results as JSON with each list of values on one line, so that a new result adds one line to a history."""
    text = orjson.dumps(results, option=orjson.OPT_INDENT_2).decode()
    return _LIST.sub(lambda found: f"[{_LINE_END.sub(', ', found[1])}]", text) + "\n"


def table(results: Results, aims: Mapping[str, Aim]) -> str:
    """The results as a Markdown table with a row for each aim, measured or not."""
    about = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    tools = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    lines = [f"Machine: {about}.", "", f"Versions: {tools}.", "", _HEAD, "|---" * (_HEAD.count("|") - 1) + "|"]
    for name, aim in aims.items():
        goal = f"{'≥' if aim.operator == '>=' else '≤'} {aim.limit:g}"
        row = results["rows"].get(name)
        if row is None:
            lines.append(f"| `{name}` | {aim.what} | {goal} | | | | | | not measured |")
            continue
        low, high = row["interval"]
        least, most = row["spread"]
        cpu_ms = " / ".join(f"{value:g}" for value in row["about"].get(rates.CPU, ()))
        # The limit may have changed since the measurement.
        verdict = rounds.verdict(rounds.Interval(row["median"], low, high, row["rounds"]), aim.operator, aim.limit)
        verdict_text = verdict if verdict == "met" else f"**{verdict}**"
        cells = f"{row['median']:g} | {low:g} … {high:g} | {least:g}, {most:g} | {row['rounds']} | {cpu_ms}"
        lines.append(f"| `{name}` | {aim.what} | {goal} | {cells} | {verdict_text} |")
    return "\n".join(lines)


def _rounded(value: float) -> float:
    """The value to three significant digits; further ones are noise."""
    return float(f"{value:.3g}")
