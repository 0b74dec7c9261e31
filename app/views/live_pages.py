"""The pages that refresh themselves while they are open, and the tags of the change log that they wait for."""

from flask import Flask, request

from app import portal
from app.cache.invalidation import SIMULATED
from app.cache.policy import RULES

# Pages that people leave open. The others show their new content when they are opened again.
_ROUTES = frozenset({"/", "/map", "/missions/<platform>/<mission>", "/status", "/fleet", "/fleet/<serial>"})


def install(app: Flask) -> None:
    """Give templates `live_tags()`."""
    app.jinja_env.globals["live_tags"] = live_tags


def live_tags(shows_simulated: bool = False) -> str:
    """The tags of this page, separated by commas; empty for a page that does not refresh itself.

    They are among the tags that invalidate the page in the cache, so that a page from after a change includes it.
    Pages without simulated platforms do not wait for their changes, although they count them.
    """
    route = request.url_rule.rule if request.url_rule is not None else ""
    if route not in _ROUTES or not portal.current().settings.has_live_events:
        return ""
    arguments = dict(request.view_args or {})
    if "platform" in arguments:
        arguments["platform"] = arguments["platform"].lower()
    tags = (*RULES[route].tags, *((SIMULATED,) if shows_simulated or "simulated" in request.args else ()))
    return ",".join(tag.format(**arguments) for tag in tags)
