"""The options of `halocline backup` and `halocline restore`, and their exit status."""

import re
import sys
from collections.abc import Callable

import click

from app import config, errors
from app.telemetry import logs

_TARGET = click.argument("target")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each result.")
# Names become folders, and parts of object names.
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def _valid(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and re.fullmatch(_NAME, value) is None:
        raise click.BadParameter("must be letters, digits, dots, dashes and underscores, at most 64")
    return value


@click.command()
@_TARGET
@click.option("--name", callback=_valid, help="Name of the backup [the time].")
@click.option("--keep", type=click.IntRange(1), help="Then delete all but this many complete backups.")
@click.option("--keep-days", type=click.FloatRange(0.01), help="Then delete backups that are older, except the newest.")
@click.option("--list", "is_list", is_flag=True, help="Only list the backups of the target.")
@_JSON
def backup(
    target: str, name: str | None, keep: int | None, keep_days: float | None, is_list: bool, as_json: bool
) -> None:
    """Back up the database and the original files to TARGET: a folder, or s3://BUCKET/PREFIX.

    Imports may run meanwhile. A backup that was killed is continued by the next run. With both --keep and --keep-days,
    a backup stays if either of them keeps it. The exit status is 1 if the target is damaged, 2 for wrong usage or an
    empty database, and 3 if MongoDB or the target failed: run it again.
    """
    from app.backup.retention import Retention
    from app.commands import backup as command

    settings = _settings()
    if is_list:
        _exit(lambda: command.listed(settings, target, as_json))
    _exit(lambda: command.backup(settings, target, name, Retention(keep, keep_days), as_json))


@click.command()
@_TARGET
@click.argument("name", required=False, callback=_valid)
@click.option("--into", metavar="DATABASE", help="Restore into this database [MONGODB_DATABASE].")
@click.option(
    "--test", "is_test", is_flag=True, help="Restore into the database MONGODB_DATABASE_restore_test, compare, drop it."
)
@_JSON
def restore(target: str, name: str | None, into: str | None, is_test: bool, as_json: bool) -> None:
    """Restore the backup NAME, by default the newest complete one, from TARGET into an empty database.

    The exit status is 1 if the backup is damaged or a restore test finds differences, 2 for wrong usage or a database
    that is not empty, and 3 if MongoDB or the target failed: run it again.
    """
    if into is not None and is_test:
        raise click.UsageError("--into and --test exclude each other")
    from app.commands import restore as command

    settings = _settings()
    if is_test:
        _exit(lambda: command.restore_test(settings, target, name, as_json))
    _exit(lambda: command.restore(settings, target, name, into, as_json))


def _settings() -> config.Settings:
    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    return settings


def _exit(run: Callable[[], int]) -> None:
    """Exit with the status that the command returns, or that belongs to its error."""
    from app.backup.damage import Damaged

    try:
        status = run()
    except errors.HaloclineError as error:
        click.echo(f"halocline: {error}", err=True)
        status = (
            3 if isinstance(error, errors.Unavailable | errors.RunFailed) else 1 if isinstance(error, Damaged) else 2
        )
    sys.exit(status)
