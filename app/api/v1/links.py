"""Where things are: paths from the root of this host, so that they hold behind any proxy."""

from urllib.parse import quote

from flask import request

Links = dict[str, str]


def platform(name: str) -> Links:
    """Links of a platform; `html` is the page for people. name: platform id."""
    return {
        "self": _path("/api/v1/platforms", name),
        "missions": f"{_path('/api/v1/missions')}?platform={quote(name, safe='')}",
    }


def mission(platform: str, mission: str) -> Links:
    """Links of a mission; `html` is the page for people."""
    own = _path("/api/v1/missions", platform, mission)
    return {
        "self": own,
        "html": _path("/missions", platform, mission),
        "platform": _path("/api/v1/platforms", platform),
        "track": f"{own}/track",
        "profiles": f"{own}/profiles",
        "sections": f"{own}/sections",
        "data": f"{own}/data",
        "netcdf": f"{own}/data?format=netcdf",
        "kml": f"{own}/track?format=kml",
    }


def section(platform: str, mission: str, variable: str) -> Links:
    """Links of a section; `html` is its place on the page for people."""
    own = _path("/api/v1/missions", platform, mission, "sections", variable)
    return {
        "self": own,
        "csv": f"{own}?format=csv",
        "png_light": f"{own}.png?theme=light",
        "png_dark": f"{own}.png?theme=dark",
        "html": f"{_path('/missions', platform, mission)}#section-{quote(variable, safe='')}",
    }


def ts(platform: str, mission: str) -> Links:
    """Links of the T-S diagram; `html` is its place on the page for people."""
    own = _path("/api/v1/missions", platform, mission, "ts")
    return {
        "self": own,
        "png_light": f"{own}.png?theme=light",
        "png_dark": f"{own}.png?theme=dark",
        "html": f"{_path('/missions', platform, mission)}#ts",
    }


def fleet_page(serial: str) -> str:
    """The page of a platform, for people."""
    return _path("/fleet", serial)


def basin(name: str) -> Links:
    """Links of a basin; `html` is the page for people."""
    return {
        "self": _path("/api/v1/basins", name),
        "html": _path("/basins", name),
        "missions": f"{_path('/api/v1/missions')}?basin={quote(name, safe='')}",
    }


def _path(root: str, *parts: str) -> str:
    return "/".join([request.script_root + root, *(quote(part, safe="") for part in parts)])
