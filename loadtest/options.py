"""Command-line options, in addition to Locust's own --host, --users and --run-time."""

import pathlib
from argparse import ArgumentTypeError
from typing import Any

import cpu_seconds
import knee
import shapes

_HERE = pathlib.Path(__file__).parent


def positive(text: str) -> float:
    """Return the text as a number above 0. Raises ArgumentTypeError."""
    if not (value := float(text)) > 0:
        raise ArgumentTypeError(f"{text} is not greater than 0")
    return value


def whole(text: str) -> int:
    """Return the text as an integer of at least 0. Raises ArgumentTypeError."""
    if (value := int(text)) < 0:
        raise ArgumentTypeError(f"{text} is less than 0")
    return value


def declare(parser: Any) -> None:
    """Add the options. Each can also be set in the environment: `--step-s 30` is `STEP_S=30`."""

    def add(flag: str, kind: Any, text: str, **more: Any) -> None:
        env_var = flag.upper().replace("-", "_")
        parser.add_argument(f"--{flag}", type=kind, env_var=env_var, help=text, include_in_web_ui=False, **more)

    add("shape", str, "number of users over time", default="smoke", choices=sorted([*shapes.SHAPES, knee.NAME]))
    add("steps", whole, "steps of stairs")
    add("step-s", positive, "duration of each step of stairs and breakpoint, in seconds")
    add("step-users", whole, "users added by each step of stairs")
    add("spike-factor", whole, "peak of spike, as a multiple of its base level")
    add("spike-rise-s", positive, "duration of the base level, of the rise and of the fall of spike, in seconds")
    add("spike-s", positive, "duration of the peak of spike and of the recovery after it, in seconds")
    add("max-users", whole, "most users of breakpoint", default=2000)
    cpu_of_pid = "measure the CPU time of this process and its children (repeatable)"
    add("cpu-pid", whole, cpu_of_pid, default=[], action="append")
    add("prometheus", str, "measure the CPU time with this Prometheus")
    add("cpu-query", str, "query of the CPU seconds within $seconds", default=cpu_seconds.QUERY)
    add("think", positive, "factor on every pause of the users", default=1.0)
    add("allow-host", str, "permit a host other than loopback (repeatable)", default=[], action="append")
    add("expect-version", str, "require this version of Halocline at the target")
    # Text, not paths: a master sends all options to its workers.
    add("thresholds", str, "file with the thresholds", default=str(_HERE / "thresholds.toml"))
    add("access-log", str, "weight the users by the requests of this access log")
    add("min-requests", whole, "override the shape's min_requests")
    add("max-p95-ms", positive, "override the shape's p95_ms")
    add("summary", str, "write the result to this JSON file")


def sizes(chosen: Any) -> shapes.Sizes:
    """Return the sizes of the shape."""
    return shapes.Sizes(
        users=chosen.num_users,
        duration_s=chosen.run_time,
        steps=chosen.steps,
        step_s=chosen.step_s,
        step_users=chosen.step_users,
        spike_factor=chosen.spike_factor,
        spike_rise_s=chosen.spike_rise_s,
        spike_s=chosen.spike_s,
    )
