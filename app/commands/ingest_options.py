"""The options of `halocline ingest`, `merge` and `erddap`; each imports its command when it is called."""

import sys
from pathlib import Path
from typing import Literal

import click

from app import config, errors
from app.commands import arguments, startup


@click.command()
@click.argument("paths", nargs=-1, required=True, type=arguments.PathOrUrl(exists=True, path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Report how each file would be imported into an empty store; needs no server."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file.")
@click.option("--platform", help="Platform id, for files that do not contain it.")
@click.option("--mission", help="Mission id, for files that do not contain it.")
@click.option("--mode", help="Data mode: R, P, A or D.")
@click.option("--provider", callback=arguments.one_line_text, help="Refuse platforms of another provider.")
@click.option("--shorter", is_flag=True, help="Let a file replace a mission of which it covers only a part.")
@click.option("--replace", is_flag=True, help="Let each file replace its mission, whatever its mode, date and extent.")
@click.option("--reason", callback=arguments.one_line_text, help="Why, with --replace; stored in the audit log.")
@click.option("--enqueue", "is_queued", is_flag=True, help="Let workers import [without REDIS_BROKER_URL: import now].")
def ingest(
    paths: tuple[Path | str, ...],
    dry_run: bool,
    as_json: bool,
    platform: str | None,
    mission: str | None,
    mode: str | None,
    provider: str | None,
    shorter: bool,
    replace: bool,
    reason: str | None,
    is_queued: bool,
) -> None:
    """Import files, folders, or URLs of files or ERDDAP datasets.

    The exit status is 1 if a file is refused, 2 for wrong usage, and 3 if the run failed, because MongoDB is
    unreachable or a disk is full: run it again.
    """
    _require_reason(paths, replace, reason)
    from app.commands import ingest as command
    from app.ingest.interpret import identity
    from app.ingest.interpret.import_terms import Terms
    from app.ingest.remote import urls

    try:
        options = identity.options(platform, mission, mode)
        sources = [urls.parsed(path) if isinstance(path, str) else path for path in paths]
    except errors.Invalid as error:
        raise click.BadParameter(
            error.problem, param_hint="URL" if error.field == "url" else f"--{error.field}"
        ) from error
    settings = startup.settings()
    terms = Terms(startup.actor(), provider, shorter, reason)
    if is_queued and not dry_run and _has_broker(settings):
        from app.commands import tasks

        sys.exit(tasks.enqueued(sources, settings, options, terms, as_json))
    sys.exit(command.run(sources, settings, options, dry_run, as_json, terms))


def _require_reason(paths: tuple[Path | str, ...], replace: bool, reason: str | None) -> None:
    if replace != (reason is not None):
        raise click.UsageError("--replace and --reason belong together")
    if replace and any(isinstance(path, Path) and path.is_dir() for path in paths):
        raise click.UsageError("--replace takes files, not folders: of several files of a mission the last one wins")


def _has_broker(settings: config.Settings) -> bool:
    """True with a queue; else prints that the files are imported now."""
    if settings.redis_broker_url is None:
        click.echo("halocline: REDIS_BROKER_URL is not set: the files are imported now", err=True)
    return settings.redis_broker_url is not None


@click.command()
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

    settings = startup.settings()
    sys.exit(command.run(settings, source, target, apply, startup.actor()))


@click.command()
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
    settings = startup.settings()
    sys.exit(command.run(address, settings, form or "lines"))
