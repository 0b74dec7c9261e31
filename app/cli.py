"""The command line. Each command imports the function it calls, so that no command loads libraries of another."""

import click

from app import config, extensions
from app.commands import (
    backup_options,
    failures,
    ingest_options,
    keys_options,
    local_options,
    made_data_options,
    operator_options,
    probe_options,
    secrets,
    startup,
    task_options,
    verify_options,
)

# Indexes of a large store take minutes; the Kubernetes Job of this command is ended after 900 s.
_INDEXES_TIMEOUT_S = 840


@click.group()
@click.version_option(package_name="halocline")
def cli() -> None:
    """Halocline: an ocean-observations portal for gliders and sailbuoys."""


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

    settings = startup.settings()
    with connection.bound(settings, 0, ping=True), pymongo.timeout(_INDEXES_TIMEOUT_S):
        click.echo(f"{len(store_indexes.ensure(extensions.mongo.db))} collections are ready.")
        for name in store_indexes.drop_retired(extensions.mongo.db) if drop_retired else ():
            click.echo(f"Dropped {name}.")
        if retired := store_indexes.retired(extensions.mongo.db):
            click.echo(f"Only earlier releases use {', '.join(retired)}; --drop-retired drops them.")


@cli.command()
def metrics() -> None:
    """Serve the metrics of all web workers, from PROMETHEUS_MULTIPROC_DIR, at /metrics on METRICS_BIND."""
    from app.commands import metrics as command

    command.run(config.load())


for _command in (
    secrets.group,
    backup_options.backup,
    backup_options.restore,
    probe_options.probe,
    ingest_options.ingest,
    ingest_options.merge,
    ingest_options.erddap,
    verify_options.verify,
    operator_options.audit,
    operator_options.withdraw,
    operator_options.versions,
    operator_options.rollback,
    operator_options.originals,
    operator_options.rename,
    keys_options.group,
    made_data_options.simulate,
    made_data_options.seed,
    task_options.worker,
    task_options.beat,
    task_options.tasks,
    local_options.up,
    local_options.dev,
    local_options.down,
):
    cli.add_command(_command)


def main() -> None:
    """The console script."""
    failures.run(cli)


if __name__ == "__main__":
    main()
