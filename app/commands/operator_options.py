"""The options of the commands that correct the store; each imports its command when it is called."""

import sys
from pathlib import Path

import click

from app.commands import arguments, startup

_MISSION = click.argument("mission", metavar="PLATFORM/MISSION", callback=arguments.mission_name)
_REASON = click.option("--reason", callback=arguments.one_line_text, help="Why; stored in the audit log.")


@click.command()
@click.option("--target", help="Only entries of this mission, platform or key.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Number of entries.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each entry.")
def audit(target: str | None, limit: int, as_json: bool) -> None:
    """List the newest entries of the audit log: who changed what, when and why."""
    from app.commands import audit as command

    sys.exit(command.run(startup.settings(), target, limit, as_json))


@click.command()
@_MISSION
@_REASON
@click.option("--restore", is_flag=True, help="Show a withdrawn mission again.")
@click.option("--yes", is_flag=True, help="Withdraw the mission; without it, only print what would be hidden.")
def withdraw(mission: str, reason: str | None, restore: bool, yes: bool) -> None:
    """Hide a mission everywhere: lists, totals, search, maps, downloads and feeds; or show it again.

    Its address answers 410 with the reason, which is public. Its files are kept. Imports of its files are refused
    until it is restored.
    """
    from app.commands import withdraw as command

    if restore:
        sys.exit(command.restore(startup.settings(), mission, reason, startup.actor()))
    if reason is None:
        raise click.UsageError("--reason is required: visitors see it at the address of the mission")
    sys.exit(command.withdraw(startup.settings(), mission, reason, startup.actor(), not yes))


@click.command()
@_MISSION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each version.")
def versions(mission: str, as_json: bool) -> None:
    """List the versions of a mission, the latest import first, with their files; the current one has an asterisk."""
    from app.commands import versions as command

    sys.exit(command.versions(startup.settings(), mission, as_json))


@click.command()
@_MISSION
@click.argument("version")
@_REASON
@click.option("--yes", is_flag=True, help="Roll back; without it, only print what would be done.")
def rollback(mission: str, version: str, reason: str | None, yes: bool) -> None:
    """Make an earlier VERSION of a mission current again: its original files are imported again.

    The beginning of a version's id is enough. The version that is replaced stays in the list.
    """
    from app.commands import versions as command

    if reason is None:
        raise click.UsageError("--reason is required")
    sys.exit(command.rollback(startup.settings(), mission, version, reason, startup.actor(), not yes))


@click.group()
def originals() -> None:
    """Original files, as they were imported."""


@originals.command()
@click.argument("name", metavar="SHA256|PLATFORM/MISSION")
@click.option("--version", help="Another version of the mission than the current one.")
@click.option(
    "--into",
    "folder",
    default=".",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to.",
)
def get(name: str, version: str | None, folder: Path) -> None:
    """Write original files into a folder: one by its SHA-256, or those of a mission."""
    from app.commands import originals as command

    sys.exit(command.get(startup.settings(), name, version, folder))


@click.command()
@click.argument("platform")
@click.argument("new")
@_REASON
@click.option("--yes", is_flag=True, help="Rename the platform; without it, only print what would be done.")
def rename(platform: str, new: str, reason: str | None, yes: bool) -> None:
    """Give a PLATFORM the id NEW. Old addresses redirect, and imports under the old id go to the new one.

    A rename that was killed is continued by the same command.
    """
    from app.commands import rename as command

    sys.exit(command.run(startup.settings(), platform, new, reason, startup.actor(), not yes))
