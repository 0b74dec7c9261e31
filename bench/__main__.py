"""`python -m bench`: measure the aims and write the results."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import click

from app.localdev import servers
from bench import data, measured, report
from bench.measured import Bench, Measured
from bench.rows import exports, fresh_ingest, freshness, growth, ingest, proxy, serving, stampede, totals, workers

# Each family measures several aims with the servers that it needs.
FAMILIES: dict[str, Callable[[Bench], Iterator[Measured]]] = {
    "serving": serving.measure,
    "stampede": stampede.measure,
    "fresh": freshness.measure,
    "workers": workers.measure,
    "growth": growth.measure,
    "totals": totals.measure,
    "proxy": proxy.measure,
    "ingest": ingest.measure,
    "visitors": fresh_ingest.measure,
    "exports": exports.measure,
}
# The families of the short form, and the number of missions that it measures with.
_SHORT = ("serving",)
_SHORT_MISSIONS = 24


def _measured(bench: Bench, families: Sequence[str]) -> list[str]:
    """Aims that are missed by an order of magnitude; the long form also writes every result."""
    bench.folder.mkdir(parents=True, exist_ok=True)
    aims = measured.aims()
    results = report.known()
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    lost = []
    for name in families:
        began = time.monotonic()
        for result in FAMILIES[name](bench):
            aim = aims[result.aim]
            results = report.noted(results, result, aim, revision.stdout.strip())
            row = results["rows"][result.aim]
            click.echo(f"{row['median']:8.4g}  {row['aim']:8}  {row['verdict']:9}  {aim.what}  {result.about or ''}")
            if aim.is_lost(result.interval.median):
                lost.append(aim.what)
            if not bench.short:
                report.write(results, aims)
        click.echo(f"{name}: {time.monotonic() - began:.0f} s", err=True)
    return lost


@click.command()
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(min=1), help="Paired rounds of each aim.")
@click.option("--seconds", default=1.0, show_default=True, help="Duration of each measurement in a round.")
@click.option("--only", multiple=True, type=click.Choice(list(FAMILIES)), help="Only these families; may be repeated.")
@click.option(
    "--short", is_flag=True, help="A minute on little data; fails if an aim is missed by an order of magnitude."
)
def main(rounds: int, seconds: float, only: tuple[str, ...], short: bool) -> None:
    """Measure the aims of docs/performance.md; the long form writes the results there."""
    bench = Bench(data.stores(data.HOME), data.HOME / "work", rounds, seconds, data.SMALL, data.LARGE)
    if short:
        bench = replace(bench, rounds=3, small=_SHORT_MISSIONS, short=True)
    try:
        lost = _measured(bench, only or (_SHORT if short else tuple(FAMILIES)))
    finally:
        # The data stay in the servers' folder for the next run.
        servers.stop(data.HOME)
    if short and lost:
        click.echo("Missed by an order of magnitude: " + "; ".join(lost), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
