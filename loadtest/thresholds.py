"""The thresholds that a load shape must meet, read from a TOML file. Does not import Locust."""

import dataclasses
import math
import pathlib
import tomllib
from collections.abc import Mapping

import routes

# Generated from monitoring/slo.yaml: the objectives of the portal.
OBJECTIVES = pathlib.Path(__file__).with_name("objectives.toml")


class Unreadable(Exception):
    """The thresholds cannot be used; the text is the one line to show."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a kind of request, or of one name. A field that is not set has no limit."""

    p95_ms: float = math.inf
    p99_ms: float = math.inf
    max_failed_ratio: float = math.inf

    def without_times(self) -> "Limits":
        """Return the same limits without those on time."""
        return Limits(max_failed_ratio=self.max_failed_ratio)


@dataclasses.dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of a shape. Times are those of complete responses, measured by the generator."""

    max_failed_ratio: float
    p95_ms: float
    min_requests: int
    # 503 with Retry-After, where the shape provokes load shedding on purpose; elsewhere it counts as a failure.
    max_shed_ratio: float = 0
    kinds: Mapping[str, Limits] = dataclasses.field(default_factory=dict)
    names: Mapping[str, Limits] = dataclasses.field(default_factory=dict)


def load(path: pathlib.Path, shape: str, **overrides: float | None) -> Thresholds:
    """Return the shape's table of the file, with the overrides that are set. Raises Unreadable.

    An override of `p95_ms` applies to all requests: it removes the time limits of kinds and names.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))[shape]
        loaded = Thresholds(**(table | {field: value for field, value in overrides.items() if value is not None}))
        if unknown := loaded.kinds.keys() - set(routes.KINDS):
            raise ValueError(f"no kind of request: {', '.join(sorted(unknown))}")
        objectives = tomllib.loads(OBJECTIVES.read_text(encoding="utf-8"))
        kinds, names = (
            {key: _limits(limits, objectives) for key, limits in part.items()}  # type: ignore[arg-type]
            for part in (loaded.kinds, loaded.names)
        )
    except (AttributeError, OSError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{path}, table {shape}: {type(error).__name__}: {error}") from error
    if overrides.get("p95_ms") is not None:
        kinds = {kind: limits.without_times() for kind, limits in kinds.items()}
        names = {}
    return dataclasses.replace(loaded, kinds=kinds, names=names)


def _limits(limits: Mapping[str, float | str], objectives: Mapping[str, float]) -> Limits:
    """Return limits, with `"objective"` replaced by the objective of the same name. Raises KeyError, TypeError."""
    values = {field: objectives[field] if value == "objective" else float(value) for field, value in limits.items()}
    return Limits(**values)
