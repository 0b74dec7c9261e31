"""Pages for people: one blueprint a file, called `bp`. A view reads queries and renders a template, nothing else."""

from flask import Flask

from app.views import (
    assets,
    basins,
    crawlers,
    data,
    landing,
    maps,
    missions,
    platforms,
    search,
    statistics,
    status,
    template_filters,
    updates,
)


def install(app: Flask, version: str) -> None:
    """Registers the pages, and what their templates and those of errors and the API's page call."""
    assets.install(app)
    template_filters.install(app)
    app.jinja_env.globals["version"] = version
    # Blocks of templates leave no empty lines behind: a third of a page's bytes otherwise.
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    for part in (landing, missions, platforms, basins, data, search, statistics, updates, status, maps, crawlers):
        app.register_blueprint(part.bp)
