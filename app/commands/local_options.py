"""The options of `halocline up`, `dev` and `down`, on a developer's machine; each imports its command when called."""

from pathlib import Path

import click

from app import config

_HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of data, logs and process ids [.halocline].",
)


@click.command()
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


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the portal.")
@_HOME
@click.option("--profile", is_flag=True, help="Write a profile of each request to build/profile/requests; no toolbar.")
def dev(port: int, home: Path | None, profile: bool) -> None:
    """Run the portal on this machine for its developers: with auto-reload and a debug toolbar, without a page cache."""
    from app.localdev import dev as local
    from app.localdev import up

    local.run(config.load(), (home or up.HOME).resolve(), port, profile)


@click.command()
@_HOME
def down(home: Path | None) -> None:
    """Stop the processes of `up`, also after `up` was killed."""
    from app.localdev import up as local

    stopped = local.down((home or local.HOME).resolve())
    click.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
