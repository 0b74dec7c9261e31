"""The options of `halocline keys`; each imports its command when it is called."""

import sys
from typing import get_args

import click

from app.commands import arguments, startup
from app.domain.api_keys import Role


@click.group("keys")
def group() -> None:
    """API keys of programs that upload data."""


@group.command()
@click.argument("name", callback=arguments.one_line_text)
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(get_args(Role)), help="What the key may do."
)
@click.option("--provider", callback=arguments.one_line_text, help="Only platforms of this provider [any].")
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="Days until the key expires."
)
def create(name: str, roles: tuple[Role, ...], provider: str | None, days: int) -> None:
    """Create a key named NAME. Its secret is printed once, on standard output."""
    from app.commands import keys as command

    sys.exit(command.create(startup.settings(), name, roles, provider, days, startup.actor()))


@group.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each key.")
def listed(as_json: bool) -> None:
    """List all keys, the newest first, without their secrets."""
    from app.commands import keys as command

    sys.exit(command.listed(startup.settings(), as_json))


@group.command()
@click.argument("key", metavar="ID")
@click.option("--reason", callback=arguments.one_line_text, help="Why; stored in the audit log.")
def revoke(key: str, reason: str | None) -> None:
    """Revoke the key with this ID, at once: its requests are refused."""
    from app.commands import keys as command

    sys.exit(command.revoke(startup.settings(), key, reason, startup.actor()))
