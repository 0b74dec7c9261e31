"""Types of arguments of the command line."""

from typing import Any

import click


class PathOrUrl(click.Path):
    """The type of an argument that is a path or a URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value unchanged if it is a URL, else the path."""
        return value if isinstance(value, str) and "://" in value else super().convert(value, param, ctx)
