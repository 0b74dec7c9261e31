"""Types and callbacks of arguments of the command line."""

from typing import Any

import click

from app.domain.printable import one_line

# A reason is shown on a page and in a feed.
LONGEST_REASON = 300


class PathOrUrl(click.Path):
    """The type of an argument that is a path or a URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value unchanged if it is a URL, else the path."""
        return value if isinstance(value, str) and "://" in value else super().convert(value, param, ctx)


def mission_name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """The argument PLATFORM/MISSION, with the platform in lower case. Raises BadParameter."""
    platform, _, mission = value.partition("/")
    if not platform or not mission or "/" in mission:
        raise click.BadParameter("must be PLATFORM/MISSION")
    return f"{platform.lower()}/{mission}"


def one_line_text(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """The option as one line of printable text; None if it is not given. Raises BadParameter."""
    if value is None:
        return None
    text = one_line(value)
    if not text or len(text) > LONGEST_REASON:
        raise click.BadParameter(f"must be a text of 1 to {LONGEST_REASON} characters")
    return text
