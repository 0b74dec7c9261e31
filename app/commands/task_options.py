"""The options of `halocline worker`, `halocline beat` and `halocline tasks`, and their exit status."""

import sys
from collections.abc import Callable

import click

from app import config, errors
from app.tasks import broker
from app.telemetry import logs

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each task.")
_IDS = click.argument("ids", nargs=-1, metavar="[ID]...")
_ALL = click.option("--all", "is_all", is_flag=True, help="All parked tasks.")


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(broker.QUEUES),
    help="Take tasks of this queue; may be repeated [all].",
)
@click.option("--concurrency", default=1, show_default=True, type=click.IntRange(1, 64), help="Tasks at the same time.")
def worker(queues: tuple[str, ...], concurrency: int) -> None:
    """Run queued tasks until SIGTERM; running tasks may then end within 30 s, and are handed back after it."""
    settings = _settings()
    from app.tasks import worker as process

    process.run(settings, queues or broker.QUEUES, concurrency)


@click.command()
@click.option("--check", is_flag=True, help="Only print the schedule.")
@click.option("--now", "entry", metavar="ENTRY", help="Only queue this entry of the schedule, beside its slots.")
def beat(check: bool, entry: str | None) -> None:
    """Queue scheduled tasks until SIGTERM. Several may run: one of them is active, and the others replace it."""
    settings = _settings()
    if entry is not None:
        from app.commands import tasks as command

        sys.exit(_run(lambda settings: command.queue_entry(settings, entry)))
    if check:
        from app.commands import tasks as command

        command.print_schedule(settings)
        return
    from app.tasks import beat as process

    process.run(settings)


@click.group()
def tasks() -> None:
    """Tasks that failed all of their attempts, or ended their worker, are parked: queue them again or discard them."""


@tasks.command()
@_JSON
def parked(as_json: bool) -> None:
    """List the parked tasks, the latest first. The exit status is 1 if there are any."""
    from app.commands import tasks as command

    sys.exit(_run(lambda settings: command.parked(settings, as_json)))


@tasks.command()
@_IDS
@_ALL
def retry(ids: tuple[str, ...], is_all: bool) -> None:
    """Queue parked tasks again, with all of their attempts."""
    _require_one(ids, is_all)
    from app.commands import tasks as command

    sys.exit(_run(lambda settings: command.retry(settings, ids)))


@tasks.command()
@_IDS
@_ALL
def discard(ids: tuple[str, ...], is_all: bool) -> None:
    """Delete parked tasks, with the files that they would have imported."""
    _require_one(ids, is_all)
    from app.commands import tasks as command

    sys.exit(_run(lambda settings: command.discard(settings, ids)))


@tasks.command()
@_JSON
def state(as_json: bool) -> None:
    """Print what waits in each queue, and since when."""
    from app.commands import tasks as command

    sys.exit(_run(lambda settings: command.state(settings, as_json)))


def _require_one(ids: tuple[str, ...], is_all: bool) -> None:
    if bool(ids) == is_all:
        raise click.UsageError("name the tasks by their ids, or use --all")


def _settings() -> config.Settings:
    settings = config.load()
    logs.configure(settings.log_level, sys.stderr)
    return settings


def _run(command: Callable[[config.Settings], int]) -> int:
    try:
        return command(_settings())
    except errors.NotFound as error:
        click.echo(f"halocline: {error}", err=True)
        return 2
