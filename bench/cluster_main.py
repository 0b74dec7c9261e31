"""`python -m bench.cluster_main`: measure the aims of the cluster on the current kubectl context; write the results."""

import importlib
import subprocess
import time

import click

from bench import data, measured, report
from bench.measured import Bench

_AIMS = {name: aim for name, aim in measured.aims().items() if aim.group == "cluster"}
_FAMILIES = list(dict.fromkeys(aim.family for aim in _AIMS.values()))


@click.command()
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(min=1), help="Paired rounds of each aim.")
@click.option("--seconds", default=3.0, show_default=True, help="Duration of each measurement in a round.")
@click.option("--only", multiple=True, type=click.Choice(_FAMILIES), help="Only these families; may be repeated.")
def main(rounds: int, seconds: float, only: tuple[str, ...]) -> None:
    """Measure with the image that IMAGE names, in the namespace of the lab."""
    # The stores of this machine are not used.
    bench = Bench(data.Stores("", ""), data.HOME / "work", rounds, seconds, data.SMALL, data.LARGE)
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    results = report.known()
    for family in only or _FAMILIES:
        began = time.monotonic()
        for result in importlib.import_module(f"bench.rows.{family}").measure(bench):
            aim = _AIMS[result.aim]
            results = report.noted(results, result, aim, revision.stdout.strip())
            row = results["rows"][result.aim]
            click.echo(f"{row['median']:8.4g}  {row['aim']:8}  {row['verdict']:9}  {aim.what}  {result.about or ''}")
            report.write(results, measured.aims())
        click.echo(f"{family}: {time.monotonic() - began:.0f} s", err=True)


if __name__ == "__main__":
    main()
