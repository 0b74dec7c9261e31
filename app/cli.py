"""The command line. Each command calls one function of its layer, imported inside it: commands stay lean."""

import errno
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import click

from app import config, errors, extensions, logs

_INDEXES_TIMEOUT_S = 840


@click.group()
@click.version_option(package_name="halocline")
def cli() -> None:
    """Halocline: an ocean-observations portal for gliders and sailbuoys."""


@cli.command()
@click.option("--drop-retired", is_flag=True, help="Drop what only earlier releases need: when none runs any more.")
def indexes(drop_retired: bool) -> None:
    """Create collections, validators and indexes; harmless when they are there."""
    import pymongo

    from app.store import connection
    from app.store import indexes as store_indexes

    # Making the indexes of a large store takes minutes; the Job that runs this is ended after a quarter of an hour.
    with connection.bound(config.load(), 0, ping=True), pymongo.timeout(_INDEXES_TIMEOUT_S):
        click.echo(f"{len(store_indexes.ensure(extensions.mongo.db))} collections are ready.")
        for name in store_indexes.drop_retired(extensions.mongo.db) if drop_retired else ():
            click.echo(f"{name} is dropped.")
        if left := store_indexes.retired(extensions.mongo.db):
            click.echo(f"Only earlier releases need {', '.join(left)}: --drop-retired drops them.")


@cli.command()
def metrics() -> None:
    """Serve /metrics on METRICS_BIND from what the web workers leave in PROMETHEUS_MULTIPROC_DIR."""
    from app import logs
    from app.http import metrics_server
    from app.store import counters, verifications

    settings = config.load()
    logs.configure(settings.log_level)
    extensions.mongo.bind(settings)
    metrics_server.serve(settings, counters.imports, verifications.ended)


class _PathOrUrl(click.Path):
    """A path, or the text of a URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or the text."""
        return value if isinstance(value, str) and "://" in value else super().convert(value, param, ctx)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=_PathOrUrl(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what each file would be, alone in an empty store; needs no server.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file on standard output.")
@click.option("--platform", help="The platform, for files that do not name it.")
@click.option("--mission", help="The mission, for files that do not name it.")
@click.option("--mode", help="The data mode: R, P, A or D.")
def ingest(
    paths: tuple[Path | str, ...],
    dry_run: bool,
    as_json: bool,
    platform: str | None,
    mission: str | None,
    mode: str | None,
) -> None:
    """Take files in, by path or by URL (a dataset of an ERDDAP, or a file); folders are searched.

    Status 1 when a file was refused.
    """
    from app.ingest.commands import ingest as command
    from app.ingest.interpret import identity
    from app.ingest.remote import urls

    try:
        options = identity.options(platform, mission, mode)
        given = [urls.parsed(path) if isinstance(path, str) else path for path in paths]
    except errors.Invalid as error:
        raise click.BadParameter(
            error.problem, param_hint="URL" if error.field == "url" else f"--{error.field}"
        ) from error
    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    sys.exit(command.run(given, settings, options, dry_run, as_json))


@cli.command()
@click.option("--mission", metavar="PLATFORM/MISSION", help="This mission and its platform alone.")
@click.option("--sections", is_flag=True, help="Compute the cells of all sections anew, too: a second a mission.")
@click.option("--repair", is_flag=True, help="Have rebuilt what differs and derives from other stored data.")
@click.option(
    "--pace", default=1.0, show_default=True, type=click.FloatRange(0.01, 1), help="Share of the time to work in."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a difference, and one that sums up.")
def verify(mission: str | None, sections: bool, repair: bool, pace: float, as_json: bool) -> None:
    """Compute all that derives from files anew and report what is stored otherwise.

    Status 0 when all is equal, 1 when something differs, 2 when it could not be looked at.
    """
    if mission is not None and mission.count("/") != 1:
        raise click.BadParameter("must be PLATFORM/MISSION", param_hint="--mission")
    from app.ingest.commands import verify as command

    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    try:
        status = command.verify(settings, mission, sections, repair, pace, as_json)
    except errors.HaloclineError as error:
        click.echo(f"halocline: {error}", err=True)
        status = 2
    sys.exit(status)


@cli.command()
@click.option("--every", default=5.0, show_default=True, type=click.FloatRange(0.5, 3600), help="Seconds a profile.")
@click.option("--once", is_flag=True, help="Store what is due by now and end.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Another one makes other dives.")
def simulate(every: float, once: bool, seed: int) -> None:
    """Let a few made-up gliders dive now; marked as simulated, in no total, kept for 48 hours."""
    from app.simulator import process

    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    process.run(settings, every, seed, once)


@cli.command()
@click.option("--missions", required=True, type=click.IntRange(1, 1_000_000), help="How many.")
@click.option("--profiles", default=20, show_default=True, type=click.IntRange(1, 5000), help="Of each mission.")
@click.option("--samples", default=5, show_default=True, type=click.IntRange(2, 10_000), help="Of each profile.")
@click.option("--active", default=8, show_default=True, type=click.IntRange(0), help="How many are at sea now.")
@click.option("--active-profiles", type=click.IntRange(1, 5000), help="Of each mission at sea [as of the others].")
@click.option("--sailbuoys/--no-sailbuoys", default=True, help="One platform in eight, without profiles [yes].")
@click.option("--start", default="2005-01-01", show_default=True, type=click.DateTime(), help="The first may begin.")
@click.option("--until", type=click.DateTime(), help="What counts as now [this hour, or that of an earlier run].")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Another one makes other missions.")
@click.option("--sections", is_flag=True, help="Draw those of all missions, a second each, not only of those at sea.")
@click.option("--metadata-only", is_flag=True, help="Missions, platforms and totals; no profile, sample or track.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that share the work.")
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
    """Fill an empty store with made-up missions to measure with; the same arguments make the same documents."""
    from app.seeding import run as seed_run
    from app.seeding.plan import Plan

    now = (until or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)).replace(tzinfo=UTC)
    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    plan = Plan(missions, profiles, samples, active, start.replace(tzinfo=UTC), now, seed, active_profiles, sailbuoys)
    made = seed_run.run(settings, plan, metadata_only, sections, as_before=until is None, jobs=jobs)
    click.echo(
        f"{made.missions} missions with {made.profiles} stored profiles in {made.stored_s:.0f} s, "
        f"what derives from them in {made.derived_s:.0f} s"
    )


@cli.command()
@click.argument("url")
@click.option("--json", "form", flag_value="json", help="One JSON object a dataset.")
@click.option("--urls", "form", flag_value="urls", help="Only the addresses of what is new or newer, for `ingest`.")
def erddap(url: str, form: Literal["json", "urls"] | None) -> None:
    """List the datasets of an ERDDAP, and which of them reach further than what is stored."""
    from app.ingest.commands import erddap as command
    from app.ingest.remote import urls

    try:
        address = urls.parsed(url)
    except errors.Invalid as error:
        raise click.BadParameter(error.problem, param_hint="URL") from error
    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    sys.exit(command.run(address, settings, form or "lines"))


@cli.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Where to serve.")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Data, logs and pids [.halocline].")
@click.option(
    "--simulate/--no-simulate", default=None, help="Simulated gliders [yes, unless MONGODB_URI names a server]."
)
def up(port: int, home: Path | None, simulate: bool | None) -> None:
    """Run the whole portal on this machine with the demo missions; Ctrl-C stops it."""
    from app.localdev import up as local

    local.run(config.load(), (home or local.HOME).resolve(), port, simulate=simulate)


@cli.command()
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Data, logs and pids [.halocline].")
def down(home: Path | None) -> None:
    """Stop what `up` runs, or what a killed `up` left behind."""
    from app.localdev import up as local

    stopped = local.down((home or local.HOME).resolve())
    click.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def main() -> None:
    """The console script: what goes wrong on purpose is said in one line. Status 2 for wrong usage or settings."""
    try:
        cli()
    except config.SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except errors.HaloclineError as error:
        click.echo(f"halocline: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo("halocline: The disk is full: free some space and try again.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
