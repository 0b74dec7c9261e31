"""The command line. Each command imports the function it calls, so that no command loads libraries of another."""

import sys
from pathlib import Path
from typing import Literal

import click

from app import config, errors, extensions
from app.commands import arguments, backup_options, failures, probe_options, secrets, seed_options, task_options
from app.telemetry import logs

# Indexes of a large store take minutes; the Kubernetes Job of this command is ended after 900 s.
_INDEXES_TIMEOUT_S = 840
_HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of data, logs and process ids [.halocline].",
)


@click.group()
@click.version_option(package_name="halocline")
def cli() -> None:
    """Halocline: an ocean-observations portal for gliders and sailbuoys."""


cli.add_command(secrets.group)


@cli.command()
@click.option(
    "--drop-retired",
    is_flag=True,
    help="Drop indexes that only earlier releases use; run it when no earlier release is running any more.",
)
def indexes(drop_retired: bool) -> None:
    """Create collections, validators and indexes that do not exist yet."""
    import pymongo

    from app.store import connection
    from app.store import indexes as store_indexes

    settings = config.load()
    # Otherwise an unexpected error would be printed with the values of all variables, and with the password.
    logs.configure(settings.log_level, sys.stderr)
    with connection.bound(settings, 0, ping=True), pymongo.timeout(_INDEXES_TIMEOUT_S):
        click.echo(f"{len(store_indexes.ensure(extensions.mongo.db))} collections are ready.")
        for name in store_indexes.drop_retired(extensions.mongo.db) if drop_retired else ():
            click.echo(f"Dropped {name}.")
        if retired := store_indexes.retired(extensions.mongo.db):
            click.echo(f"Only earlier releases use {', '.join(retired)}; --drop-retired drops them.")


cli.add_command(backup_options.backup)
cli.add_command(backup_options.restore)


@cli.command()
def metrics() -> None:
    """Serve the metrics of all web workers, from PROMETHEUS_MULTIPROC_DIR, at /metrics on METRICS_BIND."""
    from app.commands import metrics as command

    command.run(config.load())


cli.add_command(probe_options.probe)
cli.add_command(seed_options.seed)
cli.add_command(task_options.worker)
cli.add_command(task_options.beat)
cli.add_command(task_options.tasks)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=arguments.PathOrUrl(exists=True, path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Report how each file would be imported into an empty store; needs no server."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file.")
@click.option("--platform", help="Platform id, for files that do not contain it.")
@click.option("--mission", help="Mission id, for files that do not contain it.")
@click.option("--mode", help="Data mode: R, P, A or D.")
@click.option("--shorter", is_flag=True, help="Let a file replace a mission of which it covers only a part.")
@click.option(
    "--enqueue",
    "is_queued",
    is_flag=True,
    help="Let workers import the files [without REDIS_BROKER_URL: import].",
)
def ingest(
    paths: tuple[Path | str, ...],
    dry_run: bool,
    as_json: bool,
    platform: str | None,
    mission: str | None,
    mode: str | None,
    shorter: bool,
    is_queued: bool,
) -> None:
    """Import files, folders, or URLs of files or ERDDAP datasets.

    The exit status is 1 if a file is refused, 2 for wrong usage, and 3 if the run failed, because MongoDB is
    unreachable or a disk is full: run it again.
    """
    from app.commands import ingest as command
    from app.ingest.interpret import identity
    from app.ingest.remote import urls

    try:
        options = identity.options(platform, mission, mode)
        sources = [urls.parsed(path) if isinstance(path, str) else path for path in paths]
    except errors.Invalid as error:
        raise click.BadParameter(
            error.problem, param_hint="URL" if error.field == "url" else f"--{error.field}"
        ) from error
    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    if is_queued and not dry_run:
        if settings.redis_broker_url is not None:
            from app.commands import tasks
            from app.tasks import enqueue

            queued = enqueue.ImportOptions(platform, mission, mode, shorter)
            sys.exit(tasks.enqueued(sources, settings, queued, as_json))
        click.echo("halocline: REDIS_BROKER_URL is not set: the files are imported now", err=True)
    sys.exit(command.run(sources, settings, options, dry_run, as_json, shorter))


@cli.command()
@click.option("--mission", metavar="PLATFORM/MISSION", help="Verify only this mission and its platform.")
@click.option(
    "--sections", is_flag=True, help="Recompute the cells of all sections, too: about a second for each mission."
)
@click.option("--repair", is_flag=True, help="Rebuild derived data that differ.")
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.01, 1),
    help="Share of the time to work; the rest is left to other processes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each difference, and a summary.")
def verify(mission: str | None, sections: bool, repair: bool, pace: float, as_json: bool) -> None:
    """Recompute all data that derive from files, and report differences from the stored data.

    The exit status is 0 without differences, 1 with differences, 2 for wrong usage or an empty database, and 3 if
    MongoDB failed.
    """
    if mission is not None and mission.count("/") != 1:
        raise click.BadParameter("must be PLATFORM/MISSION", param_hint="--mission")
    from app.commands import verify as command

    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    try:
        status = command.verify(settings, mission, sections, repair, pace, as_json)
    except errors.HaloclineError as error:
        click.echo(f"halocline: {error}", err=True)
        status = 3 if isinstance(error, errors.Unavailable | errors.RunFailed) else 2
    sys.exit(status)


@cli.command()
@click.argument("source", metavar="PLATFORM/MISSION")
@click.argument("target", metavar="PLATFORM/MISSION")
@click.option("--apply", is_flag=True, help="Merge the missions; without it, only print what would be done.")
def merge(source: str, target: str, apply: bool) -> None:
    """Merge the first mission into the second one: one mission that was imported under two names.

    The files of the first mission are imported again as files of the second one, under the rules of precedence; then
    the first one is removed, if the second one covers its data. The exit status is 1 if they are not merged.
    """
    if source.count("/") != 1 or target.count("/") != 1:
        raise click.BadParameter("must be PLATFORM/MISSION", param_hint="PLATFORM/MISSION")
    from app.commands import merge as command

    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    sys.exit(command.run(settings, source, target, apply))


@cli.command()
@click.option(
    "--every", default=5.0, show_default=True, type=click.FloatRange(0.5, 3600), help="Seconds between two profiles."
)
@click.option("--once", is_flag=True, help="Store the profiles that are due, then exit.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the random numbers.")
def simulate(every: float, once: bool, seed: int) -> None:
    """Simulate a few gliders and a sailbuoy. Their data are marked, in no total, and deleted after 48 hours."""
    from app.simulator import process

    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    process.run(settings, every, seed, once)


@cli.command()
@click.argument("url")
@click.option("--json", "form", flag_value="json", help="Print one JSON object for each dataset.")
@click.option("--urls", "form", flag_value="urls", help="Print only the URLs of new or updated datasets, for `ingest`.")
def erddap(url: str, form: Literal["json", "urls"] | None) -> None:
    """List the datasets of an ERDDAP server, and mark those with newer data than the store."""
    from app.commands import erddap as command
    from app.ingest.remote import urls

    try:
        address = urls.parsed(url)
    except errors.Invalid as error:
        raise click.BadParameter(error.problem, param_hint="URL") from error
    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    sys.exit(command.run(address, settings, form or "lines"))


@cli.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the portal.")
@_HOME
@click.option("--simulate/--no-simulate", default=None, help="Run the simulator [yes, unless MONGODB_URI is set].")
@click.option(
    "--monitoring", is_flag=True, help="Run Prometheus, from PATH, with the alert rules, and draw the overview."
)
def up(port: int, home: Path | None, simulate: bool | None, monitoring: bool) -> None:
    """Run the whole portal on this machine with the demo missions. Ctrl-C stops it."""
    from app.localdev import up as local

    local.run(config.load(), (home or local.HOME).resolve(), port, simulate=simulate, is_monitored=monitoring)


@cli.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the portal.")
@_HOME
@click.option("--profile", is_flag=True, help="Write a profile of each request to build/profile/requests; no toolbar.")
def dev(port: int, home: Path | None, profile: bool) -> None:
    """Run the portal on this machine for its developers: with auto-reload and a debug toolbar, without a page cache."""
    from app.localdev import dev as local
    from app.localdev import up

    local.run(config.load(), (home or up.HOME).resolve(), port, profile)


@cli.command()
@_HOME
def down(home: Path | None) -> None:
    """Stop the processes of `up`, also after `up` was killed."""
    from app.localdev import up as local

    stopped = local.down((home or local.HOME).resolve())
    click.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def main() -> None:
    """The console script."""
    failures.run(cli)


if __name__ == "__main__":
    main()
