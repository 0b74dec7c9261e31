"""The options of `halocline verify`; the command itself is imported when it is called."""

import sys

import click

from app import errors
from app.commands import startup


@click.command()
@click.option("--mission", metavar="PLATFORM/MISSION", help="Verify only this mission and its platform.")
@click.option(
    "--sections", is_flag=True, help="Recompute the cells of all sections, too: about a second for each mission."
)
@click.option(
    "--originals", is_flag=True, help="Read the original files again, and compare missions with them; nothing else."
)
@click.option("--repair", is_flag=True, help="Rebuild derived data that differ; with --originals, whole missions.")
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.01, 1),
    help="Share of the time to work; the rest is left to other processes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each difference, and a summary.")
def verify(mission: str | None, sections: bool, originals: bool, repair: bool, pace: float, as_json: bool) -> None:
    """Recompute all data that derive from files, and report differences from the stored data.

    The exit status is 0 without differences, 1 with differences, 2 for wrong usage or an empty database, and 3 if
    MongoDB failed.
    """
    if mission is not None and mission.count("/") != 1:
        raise click.BadParameter("must be PLATFORM/MISSION", param_hint="--mission")
    from app.commands import verify as command
    from app.commands import verify_originals as of_originals

    settings = startup.settings()
    try:
        if originals:
            status = of_originals.verify(settings, mission, startup.actor() if repair else None, as_json)
        else:
            status = command.verify(settings, mission, sections, repair, pace, as_json)
    except errors.HaloclineError as error:
        click.echo(f"halocline: {error}", err=True)
        status = 3 if isinstance(error, errors.Unavailable | errors.RunFailed) else 2
    sys.exit(status)
