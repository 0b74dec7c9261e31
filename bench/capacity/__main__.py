"""`python -m bench.capacity RESULT.json --peak-rps N`: print what follows from the knee of a load test."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench.capacity.sizing import Figure, Inputs, figures

Command = Callable[..., None]


class _Finite(click.FloatRange):
    """A range without infinity and NaN, which every comparison of a range admits."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        return number if math.isfinite(number) else self.fail(f"{value} is not finite.", param, ctx)


POSITIVE = _Finite(min=0, min_open=True)
WHOLE = click.IntRange(min=1)
_DEFAULTS = Inputs(1, 1, 1, 1)


class Unusable(click.ClickException):
    """The input cannot be used; the text is the one line to show."""

    exit_code = 2


def knee(path: Path) -> tuple[float, float]:
    """The achieved rate and the cores of the knee in the summary of a load test. Raises Unusable."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        found = result["knee"]
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    except ValueError as error:
        raise Unusable(f"{path} is no JSON: {error}") from error
    except (KeyError, TypeError) as error:
        raise Unusable(f"{path} is no result of the shape breakpoint: it has no knee") from error
    if not result.get("passed") or found is None:
        missed = (result.get("missed") or ["no step met the thresholds"])[0]
        raise Unusable(f"{path}: the run found no knee: {missed}")
    rate, cores = (found.get(name) for name in ("achieved_per_s", "cores"))
    if not _is_positive(rate):
        raise Unusable(f"{path}: the knee has no achieved_per_s above 0")
    if not _is_positive(cores):
        raise Unusable(f"{path}: the knee has no CPU time: run the load test with --cpu-pid or --prometheus")
    return float(rate), float(cores)


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def lines(results: list[Figure]) -> list[str]:
    """A line for each figure: name, value, unit, formula, and the limit with the verdict."""
    rows = [f"{'':25}{'':>9}        formula"]
    for one in results:
        limit = "" if one.limit is None else f"; limit {one.limit:g}: {'EXCEEDED' if one.is_exceeded else 'fits'}"
        rows.append(f"{one.name:25}{_short(one.value):>9} {one.unit:6} {one.formula}{limit}")
    return rows


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3g}"


def _option(name: str, kind: click.FloatRange | click.IntRange, text: str) -> Callable[[Command], Command]:
    default = getattr(_DEFAULTS, name)
    return click.option(f"--{name.replace('_', '-')}", type=kind, default=default, show_default=True, help=text)


@click.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--peak-rps", type=POSITIVE, required=True, help="Expected peak at the web pods, requests a second.")
@click.option("--measured-workers", type=WHOLE, required=True, help="Workers of the target of the load test, all pods.")
@_option("surge", POSITIVE, "Largest load to serve, as a multiple of the peak.")
@_option("growth_per_min", POSITIVE, "Fastest growth of the load in a minute, as a share.")
@_option("reaction_s", POSITIVE, "Time from more load to a new Ready pod.")
@_option("zones", WHOLE, "Zones of the cluster.")
@_option("workers", click.IntRange(1, 64), "WEB_WORKERS of a pod.")
@_option("render_cpu_ms", POSITIVE, "CPU time of a page that is not cached.")
@_option("render_wait_ms", _Finite(min=0), "Time for which such a page waits for MongoDB.")
@_option("page_cache_mib", click.IntRange(min=0), "Page cache of a worker.")
@_option("working_set_gib", POSITIVE, "Indexes and newest missions that MongoDB keeps in memory.")
@_option("hot_pages", WHOLE, "Pages that Redis keeps.")
@_option("mongodb_connections", WHOLE, "Most connections that the MongoDB server accepts.")
@_option("redis_connections", WHOLE, "Most connections that the Redis server accepts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(result: Path, as_json: bool, **given: Any) -> None:
    """Print the sizes that follow from the knee in RESULT, each with its formula.

    Exit status 1: a limit is exceeded. 2: wrong input.
    """
    rate, cores = knee(result)
    results = list(figures(Inputs(rate, cores, **given)))
    if as_json:
        fields = ("name", "value", "unit", "formula", "limit", "is_exceeded")
        click.echo(json.dumps([{name: getattr(one, name) for name in fields} for one in results], indent=2))
    else:
        click.echo("\n".join(lines(results)))
    if any(one.is_exceeded for one in results):
        sys.exit(1)


def run() -> None:
    """Run the command with one line for wrong usage, without click's text of the usage."""
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"capacity: {error.format_message()}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    run()
