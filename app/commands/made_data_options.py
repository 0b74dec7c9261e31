"""The options of `halocline simulate` and `seed`; each imports its command when it is called."""

from datetime import UTC, datetime

import click

from app.commands import startup


@click.command()
@click.option(
    "--every", default=5.0, show_default=True, type=click.FloatRange(0.5, 3600), help="Seconds between two profiles."
)
@click.option("--once", is_flag=True, help="Store the profiles that are due, then exit.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the random numbers.")
def simulate(every: float, once: bool, seed: int) -> None:
    """Simulate a few gliders and a sailbuoy. Their data are marked, in no total, and deleted after 48 hours."""
    from app.simulator import process

    settings = startup.settings()
    process.run(settings, every, seed, once)


@click.command()
@click.option("--missions", required=True, type=click.IntRange(1, 1_000_000), help="Number of missions.")
@click.option(
    "--profiles", default=20, show_default=True, type=click.IntRange(1, 5000), help="Profiles of each mission."
)
@click.option(
    "--samples", default=5, show_default=True, type=click.IntRange(2, 10_000), help="Samples of each profile."
)
@click.option("--active", default=8, show_default=True, type=click.IntRange(0), help="Number of missions at sea now.")
@click.option(
    "--active-profiles", type=click.IntRange(1, 5000), help="Profiles of each mission at sea [same as --profiles]."
)
@click.option(
    "--sailbuoys/--no-sailbuoys", default=True, help="Make every eighth platform a sailbuoy, without profiles [yes]."
)
@click.option(
    "--start", default="2005-01-01", show_default=True, type=click.DateTime(), help="Earliest begin of a mission."
)
@click.option(
    "--until", type=click.DateTime(), help="Time that counts as now [the current hour, or that of an earlier run]."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the random numbers.")
@click.option(
    "--sections",
    is_flag=True,
    help="Derive the sections of all missions, about a second each, not only of those at sea.",
)
@click.option(
    "--metadata-only", is_flag=True, help="Store missions, platforms and totals without profiles, samples and tracks."
)
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Number of processes.")
def seed(
    missions: int,
    profiles: int,
    samples: int,
    active: int,
    active_profiles: int | None,
    sailbuoys: bool,
    start: datetime,
    until: datetime | None,
    seed: int,
    sections: bool,
    metadata_only: bool,
    jobs: int,
) -> None:
    """Fill an empty store with synthetic missions for measurements; equal arguments make equal documents."""
    from app.seeding import run as seed_run
    from app.seeding.plan import Plan

    now = (until or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)).replace(tzinfo=UTC)
    settings = startup.settings()
    plan = Plan(missions, profiles, samples, active, start.replace(tzinfo=UTC), now, seed, active_profiles, sailbuoys)
    seeded = seed_run.run(settings, plan, metadata_only, sections, as_before=until is None, jobs=jobs)
    click.echo(
        f"Stored {seeded.missions} missions with {seeded.profiles} profiles in {seeded.stored_s:.0f} s, "
        f"derived data in {seeded.derived_s:.0f} s"
    )
