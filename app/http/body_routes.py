"""The routes whose requests have a body: the largest one, and how many of them a worker reads at once."""

from app.config import SMALL_BODIES, Settings
from app.http import api_urls
from app.server.bodies import BodyRoute

# A message of a satellite link has a hundred bytes; a batch of a day has some thousand positions.
_SMALL_BYTES = 64 << 10
# As for the head of a request. The servers of satellite operators send a message in one packet.
_SMALL_TIMEOUT_S = 10.0


def of(settings: Settings) -> tuple[BodyRoute, ...]:
    """The routes of this process; none unless it accepts uploads."""
    if not settings.uploads:
        return ()
    return (
        BodyRoute(f"{api_urls.ROOT}/imports", settings.max_file_bytes, settings.uploads),
        BodyRoute(f"{api_urls.ROOT}/positions", _SMALL_BYTES, SMALL_BODIES, _SMALL_TIMEOUT_S),
    )
