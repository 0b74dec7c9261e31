"""What a client asks for: the tags of its page, and the change that it has seen last."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from app.errors import Invalid
from app.events import Mark
from app.live import messages
from app.telemetry.observe import LIVE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PATH = LIVE
# A page of the portal has eight.
_MAX_TAGS = 16
_MAX_QUERY_LENGTH = 2_000
# A kind, or one platform or mission. Ids of platforms and missions have these characters.
_TAG = re.compile(
    r"(mission|platform|totals|tracks|basins|updates|search|queue|simulated)"
    r"|platform:[a-z0-9._-]{1,80}|mission:[a-z0-9._-]{1,80}/[A-Za-z0-9._-]{1,80}"
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """The tags that a client waits for. `after`: its position in the change log; None if it has none."""

    tags: frozenset[str]
    after: Mark | None


def parse(environ: "WSGIEnvironment") -> Subscription:
    """The subscription of a request. Raises Invalid.

    The header Last-Event-ID, which browsers send when they connect again, is newer than the position in the address.
    An unknown position counts as one that the history does not reach.
    """
    query = environ.get("QUERY_STRING", "")
    if len(query) > _MAX_QUERY_LENGTH:
        raise Invalid("tags", f"use a query of at most {_MAX_QUERY_LENGTH} characters")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=2)
    except ValueError:
        raise Invalid("tags", "use the parameters tags and after, once each") from None
    given = dict(pairs)
    if given.keys() - {"tags", "after"} or len(given) != len(pairs):
        raise Invalid("tags", "use the parameters tags and after, once each")
    tags = frozenset(given.get("tags", "").split(","))
    if len(tags) > _MAX_TAGS or not all(map(_TAG.fullmatch, tags)):
        raise Invalid("tags", f"name 1 to {_MAX_TAGS} tags of the change log, separated by commas")
    last_seen = environ.get("HTTP_LAST_EVENT_ID") or given.get("after")
    return Subscription(tags, _mark(last_seen) if last_seen else None)


def _mark(text: str) -> Mark:
    # Number -1 is in no history, so the client is resynchronised.
    return messages.position(text) or Mark(-1, "")
