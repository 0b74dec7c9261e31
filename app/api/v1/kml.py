"""KML 2.2 of missions, for Google Earth and similar programs: tracks and last positions.

Source: https://docs.ogc.org/is/07-147r2/ . Google Earth interprets the text of a balloon as HTML. Balloons therefore
hold only texts of Halocline; texts from files are in data fields, which are shown as plain text.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask import current_app

from app.api.v1.schemas import iso_ms
from app.domain.records import Mission, Platform, Track

# Characters that XML 1.0 forbids even when escaped (2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(title: str, missions: Iterable[tuple[Mission, Track | None, Platform | None]]) -> Iterator[bytes]:
    """The file in chunks, made while missions are read. Requires an application context."""
    template = current_app.jinja_env.get_template("tracks.kml.xml")
    stream = template.stream(title=plain(title), folders=map(_folder, missions), plain=plain, iso=iso_ms)
    stream.enable_buffering(50)
    return (chunk.encode() for chunk in stream)


def plain(text: object) -> str:
    """The text with characters that XML forbids replaced."""
    return _NO_XML.sub("\ufffd", str(text))


def _folder(with_track: tuple[Mission, Track | None, Platform | None]) -> dict[str, Any]:
    mission, track, platform = with_track
    serial = platform.serial if platform else mission.platform
    distance_m = mission.figures.known_distance_m
    return {
        "mission": mission,
        "serial": serial,
        "fields": {
            "platform": mission.platform,
            "mission": mission.mission,
            "data_mode": mission.data_mode,
            "simulated": "true" if mission.simulated else "false",
            "profiles": mission.figures.profiles,
            **({} if distance_m is None else {"distance_m": distance_m}),
            **{name: mission.metadata[name] for name in ("project", "institution") if mission.metadata.get(name)},
        },
        "lines": [line for line in track.lines if len(line) > 1] if track else [],
        "last": (track.lon_deg[-1], track.lat_deg[-1], track.mid_at[-1]) if track and track.lon_deg else None,
    }
