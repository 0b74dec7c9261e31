"""The options of `halocline probe`; the command itself is imported when it is called."""

import sys
from typing import Any
from urllib.parse import SplitResult, urlsplit

import click

from app import config
from app.telemetry import logs


class _Portal(click.ParamType[SplitResult]):
    """An http or https URL without a path."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SplitResult:
        try:
            url: SplitResult = urlsplit(value)
            _ = url.port  # Raises ValueError.
        except ValueError:
            self.fail(f"{value} is not a URL", param, ctx)
        if url.scheme not in {"http", "https"} or not url.hostname or url.path not in {"", "/"} or url.query:
            self.fail(f"{value} must be http://HOST or https://HOST, without a path", param, ctx)
        return url


class _Address(click.ParamType[tuple[str, int]]):
    """HOST:PORT."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or not 0 <= int(port) <= 65_535:
            self.fail(f"{value} must be HOST:PORT", param, ctx)
        return host.strip("[]"), int(port)


@click.command()
@click.argument("url", type=_Portal(), required=False)
@click.option("--connect", type=_Address(), help="Connect to this address instead, such as an ingress without DNS.")
@click.option(
    "--every", default=15.0, show_default=True, type=click.FloatRange(1, 3600), help="Seconds between journeys."
)
@click.option(
    "--timeout", default=10.0, show_default=True, type=click.FloatRange(0.1, 60), help="Seconds for each step."
)
@click.option("--bind", default="127.0.0.1:9115", show_default=True, type=_Address(), help="Where /metrics is served.")
@click.option(
    "--once", is_flag=True, help="Walk the journey once and print its steps; the exit status is 1 if it failed."
)
def probe(
    url: SplitResult | None,
    connect: tuple[str, int] | None,
    every: float,
    timeout: float,
    bind: tuple[str, int],
    once: bool,
) -> None:
    """Walk a visitor's journey through the portal at URL [HALOCLINE_PUBLIC_URL], and serve the results for Prometheus.

    It requests the landing page with its style sheet, the list of missions, a mission, a search and the API.
    """
    from app.commands import probe as command
    from app.commands.probe_journey import Target

    settings = config.load()
    if url is None and settings.public_url is None:
        raise click.UsageError("name the URL of the portal, or set HALOCLINE_PUBLIC_URL")
    target = Target(url or urlsplit(str(settings.public_url)), connect)
    if once:
        sys.exit(command.once(target, timeout))
    logs.configure(settings.log_level)
    command.run(target, timeout, every, bind)
