"""Pages for people: one blueprint a file, called `bp`. A view reads queries and renders a template, nothing else."""

from flask import Flask

from app.http import api_urls
from app.views import (
    assets,
    basins,
    crawlers,
    data,
    imports,
    landing,
    live_pages,
    maps,
    missions,
    platforms,
    plot_page,
    search,
    statistics,
    status,
    template_filters,
    updates,
)


def install(app: Flask, version: str) -> None:
    """Register the pages, and the functions that all templates call, also those of errors and of the API's page."""
    assets.install(app)
    template_filters.install(app)
    live_pages.install(app)
    app.jinja_env.globals |= {"version": version, "api_url": api_urls.path, "mission_api_url": api_urls.mission}
    # Without this, the blocks of templates leave empty lines: a third of the bytes of a page.
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    parts = (landing, missions, plot_page, platforms, basins, data, search, statistics, updates, status, maps, crawlers)
    for part in (*parts, imports):
        app.register_blueprint(part.bp)
