"""What is wrong with a command of `halocline` in a text: the command line parses it, and runs nothing."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import click

from app.cli import cli
from app.tasks import schedule

# Entries that an installation may have; those of sources have the name of the source after a dash.
_WITH_BACKUPS: Any = SimpleNamespace(backup_target="/backups", schedule_file=None)
ENTRIES = frozenset(schedule.entries(_WITH_BACKUPS))
_SOURCES = ("erddap-", "watch-", "bucket-")


def faults(words: list[str], is_whole: bool = True) -> Iterator[str]:
    """The first thing that the command line would refuse. `is_whole`: the command can be run as it is written.

    Words in capitals stand for values of any type, `…` for any words.
    """
    command: click.Command = cli
    rest = [word for word in words if word != "…"]
    while rest and isinstance(command, click.Group):
        name = rest.pop(0)
        if name not in command.commands:
            yield f"halocline has no command {name}"
            return
        command = command.commands[name]
    if isinstance(command, click.Group):
        if is_whole:
            yield f"halocline {' '.join(words)} needs a subcommand"
        return
    try:
        context = command.make_context(words[0], [word.partition("…")[0] or word for word in rest])
    except click.NoSuchOption as error:
        yield f"halocline {words[0]} has no option {error.option_name}"
    except click.MissingParameter as error:
        if is_whole:
            yield f"halocline {words[0]}: {error.format_message()}"
    except click.BadParameter as error:
        # A path may be that of another machine.
        if isinstance(error.param and error.param.type, click.Choice) and not re.search(r"'\W*[A-Z]", error.message):
            yield f"halocline {words[0]}: {error.format_message()}"
    except click.UsageError as error:
        yield f"halocline {words[0]}: {error.format_message()}"
    except click.exceptions.Exit:
        return
    else:
        entry = context.params.get("entry") if words[0] == "beat" else None
        if entry and not entry.isupper() and entry not in ENTRIES and not entry.startswith(_SOURCES):
            yield f"the schedule has no entry {entry}"
