"""Links between resources: paths on this host. `html` is the page that shows the same to people."""

from urllib.parse import quote

from flask import request

from app.http import api_urls

Links = dict[str, str]


def platform(platform: str, serial: str) -> Links:
    """Links of a platform. platform: its id; serial: the address of its page."""
    return {
        "self": api_urls.path("platforms", platform),
        "html": _page("fleet", serial),
        "missions": api_urls.path("missions", platform=platform),
    }


def mission(platform: str, mission: str) -> Links:
    """Links of a mission."""
    return {
        "self": api_urls.mission(platform, mission),
        "html": _page("missions", platform, mission),
        "platform": api_urls.path("platforms", platform),
        "track": api_urls.mission(platform, mission, "track"),
        "profiles": api_urls.mission(platform, mission, "profiles"),
        "sections": api_urls.mission(platform, mission, "sections"),
        "data": api_urls.mission(platform, mission, "data"),
        "netcdf": api_urls.mission(platform, mission, "data", format="netcdf"),
        "kml": api_urls.mission(platform, mission, "track", format="kml"),
    }


def section(platform: str, mission: str, variable: str) -> Links:
    """Links of a section; `html` is its figure on the page of the mission."""
    own = api_urls.mission(platform, mission, "sections", variable)
    return {
        "self": own,
        "csv": f"{own}?format=csv",
        **_pictures(own),
        "html": f"{_page('missions', platform, mission)}#section-{quote(variable, safe='')}",
    }


def ts(platform: str, mission: str) -> Links:
    """Links of the T-S diagram; `html` is its figure on the page of the mission."""
    own = api_urls.mission(platform, mission, "ts")
    return {"self": own, **_pictures(own), "html": f"{_page('missions', platform, mission)}#ts"}


def basin(basin: str) -> Links:
    """Links of a basin."""
    return {
        "self": api_urls.path("basins", basin),
        "html": _page("basins", basin),
        "missions": api_urls.path("missions", basin=basin),
    }


def _pictures(own: str) -> Links:
    return {
        "png_light": f"{own}.png?theme=light",
        "png_dark": f"{own}.png?theme=dark",
        "png_2x": f"{own}.png?scale=2",
        "png_4x": f"{own}.png?scale=4",
        "svg": f"{own}.svg",
    }


def _page(*parts: str) -> str:
    return "/".join([request.script_root, *(quote(part, safe="") for part in parts)])
