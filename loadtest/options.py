"""What an operator may set, beside Locust's own --host, --users and --run-time."""

import pathlib
from argparse import ArgumentTypeError
from typing import Any

import shapes

_HERE = pathlib.Path(__file__).parent


def positive(text: str) -> float:
    """A number above 0."""
    if not (value := float(text)) > 0:
        raise ArgumentTypeError(f"{text} is not greater than 0")
    return value


def whole(text: str) -> int:
    """A whole number from 0."""
    if (value := int(text)) < 0:
        raise ArgumentTypeError(f"{text} is less than 0")
    return value


def declare(parser: Any) -> None:
    """Adds the options. Each may come from the environment, too: `--step-s 30` is `STEP_S=30`."""

    def add(flag: str, kind: Any, text: str, **more: Any) -> None:
        env_var = flag.upper().replace("-", "_")
        parser.add_argument(f"--{flag}", type=kind, env_var=env_var, help=text, include_in_web_ui=False, **more)

    add("shape", str, "what the load looks like", default="smoke", choices=sorted(shapes.SHAPES))
    add("steps", whole, "steps of stairs")
    add("step-s", positive, "seconds that each step of stairs is held")
    add("step-users", whole, "users that each step of stairs adds")
    add("spike-factor", whole, "how many times the calm level spike reaches")
    add("spike-rise-s", positive, "seconds of the calm, of the rise and of the fall of spike")
    add("spike-s", positive, "seconds at the top of spike, and of the recovery after it")
    add("think", positive, "factor on every pause of the users", default=1.0)
    add("allow-host", str, "a host other than loopback that may be loaded (repeatable)", default=[], action="append")
    add("expect-version", str, "the version that must run at the target")
    add("thresholds", pathlib.Path, "the thresholds' file", default=_HERE / "thresholds.toml")
    add("min-requests", whole, "instead of the shape's min_requests")
    add("max-p95-ms", positive, "instead of the shape's p95_ms")
    add("summary", pathlib.Path, "write the result to this JSON file")


def sizes(given: Any) -> shapes.Sizes:
    """How large the shape shall be."""
    return shapes.Sizes(
        users=given.num_users,
        duration_s=given.run_time,
        steps=given.steps,
        step_s=given.step_s,
        step_users=given.step_users,
        spike_factor=given.spike_factor,
        spike_rise_s=given.spike_rise_s,
        spike_s=given.spike_s,
    )
