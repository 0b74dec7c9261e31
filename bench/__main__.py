"""`python -m bench`: measure the aims and write the results."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import click

from app.localdev import servers
from bench import data, families, measured, report
from bench.families import MACHINE
from bench.measured import Bench

_AIMS = measured.aims()


def _run(bench: Bench, chosen: Sequence[str], revision: str) -> dict[str, Sequence[str]]:
    """The texts of the aims that fail in the short form, by family; the long form also writes every result."""
    results = recorded = report.known()
    failed: dict[str, list[str]] = {}
    for family in chosen:
        began = time.monotonic()
        for result in families.measurements(family)(bench):
            aim = _AIMS[result.aim]
            results = report.noted(results, result, aim, revision)
            row = results["rows"][result.aim]
            click.echo(f"{row['median']:8.4g}  {row['aim']:8}  {row['verdict']:9}  {aim.what}  {result.about or ''}")
            if aim.fails(result.interval.median, recorded.get("rows", {}).get(result.aim)):
                failed.setdefault(family, []).append(aim.what)
            if not bench.short:
                report.write(results, _AIMS)
        click.echo(f"{family}: {time.monotonic() - began:.0f} s", err=True)
    return {family: tuple(texts) for family, texts in failed.items()}


def _failed_twice(bench: Bench, chosen: Sequence[str], revision: str) -> list[str]:
    """The texts of the aims that fail in two runs: a disturbance of the machine seldom returns for the second one."""
    first = _run(bench, chosen, revision)
    if not first:
        return []
    click.echo(f"Measuring again: {', '.join(first)}", err=True)
    second = _run(bench, list(first), revision)
    return [text for family, texts in second.items() for text in texts if text in first[family]]


def _revision() -> str:
    completed = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return completed.stdout.strip()


@click.command()
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(min=1), help="Paired rounds of each aim.")
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
def main(rounds: int, seconds: float, only: tuple[str, ...], group: str, short: bool) -> None:
    """Measure the aims of docs/performance.md; the long form writes the results there."""
    chosen = only or families.of(_AIMS, group, short)
    needs_stores = any(family in families.of(_AIMS, MACHINE) for family in chosen)
    stores = data.stores(data.HOME) if needs_stores else data.Stores("", "")
    bench = Bench(stores, data.HOME / "work", rounds, seconds, data.SMALL, data.LARGE)
    bench.folder.mkdir(parents=True, exist_ok=True)
    try:
        if not short:
            _run(bench, chosen, _revision())
            return
        bench = replace(bench, rounds=3, short=True)
        failed = _failed_twice(bench, chosen, _revision())
    finally:
        # The data stay in the servers' folder for the next run.
        servers.stop(data.HOME)
    if failed:
        click.echo("Missed by far: " + "; ".join(failed), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
