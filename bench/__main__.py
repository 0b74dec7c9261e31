"""`python -m bench`: measure the aims and write the results."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from app.localdev import servers
from bench import data, families, measured, report, rounds
from bench.families import CLUSTER, MACHINE
from bench.measured import Bench, Measured

# A disturbance of the machine may last longer than one run of a family, but seldom as long as three.
_RUNS = 3
_AIMS = measured.aims()


def _measured(bench: Bench, chosen: Sequence[str], revision: str) -> None:
    """Measure the families and write each result."""
    results = report.known()
    for family in chosen:
        for result in _results(bench, family):
            results = report.noted(results, result, _AIMS[result.aim], revision)
            report.write(results, _AIMS)


def _results(bench: Bench, family: str) -> Iterator[Measured]:
    """The results of a family, each printed."""
    began = time.monotonic()
    for result in families.measurements(family)(bench):
        aim, interval = _AIMS[result.aim], result.interval
        verdict = rounds.verdict(interval, aim.operator, aim.limit)
        goal = f"{aim.operator} {aim.limit:g}"
        click.echo(f"{interval.median:8.4g}  {goal:8}  {verdict:9}  {aim.what}  {result.about or ''}")
        yield result
    click.echo(f"{family}: {time.monotonic() - began:.0f} s", err=True)


def _failures(bench: Bench, chosen: Sequence[str]) -> list[str]:
    """The texts of the aims that fail in every run; a family without a failure is not measured again."""
    failed = {family: _failed(bench, family) for family in chosen}
    for _ in range(_RUNS - 1):
        again = [family for family, texts in failed.items() if texts]
        if again:
            click.echo(f"Measuring again: {', '.join(again)}", err=True)
        failed = {family: failed[family] & _failed(bench, family) for family in again}
    return sorted(text for texts in failed.values() for text in texts)


def _failed(bench: Bench, family: str) -> set[str]:
    """The texts of the aims of a family that fail in the short form; all of them if the measurement does."""
    recorded = report.known().get("rows", {})
    try:
        results = list(_results(bench, family))
    except RuntimeError as error:
        click.echo(f"{family}: {error}", err=True)
        return {aim.what for aim in _AIMS.values() if aim.family == family and aim.short}
    aims = {result.aim: _AIMS[result.aim] for result in results}
    return {
        aims[result.aim].what
        for result in results
        if aims[result.aim].fails(result.interval.median, recorded.get(result.aim))
    }


def _revision() -> str:
    completed = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return completed.stdout.strip()


@click.command()
@click.option(
    "--rounds", "count", default=15, show_default=True, type=click.IntRange(min=1), help="Paired rounds of each aim."
)
@click.option("--seconds", default=1.0, show_default=True, help="Duration of each measurement in a round.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(dict.fromkeys(aim.family for aim in _AIMS.values()))),
    help="Only these families; may be repeated.",
)
@click.option(
    "--group",
    default=MACHINE,
    show_default=True,
    type=click.Choice(list(dict.fromkeys(aim.group for aim in _AIMS.values()))),
    help="The aims to measure; those of other groups than `machine` use the current kubectl context or take long.",
)
@click.option("--short", is_flag=True, help="A minute and a half; fails if an aim is missed by far.")
def main(count: int, seconds: float, only: tuple[str, ...], group: str, short: bool) -> None:
    """Measure the aims of docs/performance.md; the long form writes the results there."""
    chosen = only or families.of(_AIMS, group, short)
    needs_stores = any(family not in families.of(_AIMS, CLUSTER) for family in chosen)
    stores = data.stores(data.HOME) if needs_stores else data.Stores("", "")
    bench = Bench(stores, data.HOME / "work", count, seconds, data.SMALL, data.LARGE)
    bench.folder.mkdir(parents=True, exist_ok=True)
    try:
        if not short:
            _measured(bench, chosen, _revision())
            return
        failures = _failures(replace(bench, rounds=3, short=True), chosen)
    finally:
        # The data stay in the servers' folder for the next run.
        servers.stop(data.HOME)
    if failures:
        click.echo("Missed by far: " + "; ".join(failures), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
