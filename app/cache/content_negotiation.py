"""Content negotiation: the encoding that a client gets, and If-None-Match (RFC 9110, 12.5.3 and 13.1.2)."""

from functools import lru_cache

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags

from app.cache.cached_response import Encoding, Representation

# In order of preference.
_COMPRESSED: tuple[Encoding, ...] = ("br", "gzip")
# A header longer than this is not parsed, and the body is sent uncompressed. Browsers send about 25 characters.
MAX_ACCEPT_ENCODING_LENGTH = 200


# Browsers send a handful of different headers; parsing one takes twenty times as long as a look-up.
@lru_cache(maxsize=256)
def preferred_encoding(accept_encoding: str) -> Encoding:
    """The encoding that the client prefers: `br`, `gzip`, or `identity` for an uncompressed body."""
    accepted = parse_accept_header(accept_encoding, Accept)
    best = max(_COMPRESSED, key=accepted.quality)
    # If neither is wanted, the body is sent uncompressed, even if the header excludes identity: better than a 406.
    is_wanted = accepted.quality(best) > 0 and accepted.quality(best) >= accepted.quality("identity")
    return best if is_wanted else "identity"


def is_match(if_none_match: str, representation: Representation) -> bool:
    """True if the If-None-Match header matches the ETag of this representation.

    ETags of other encodings do not match: after such a 304, an intermediate cache would serve the wrong body.
    """
    # Fast path: nearly all clients send exactly one ETag. Proxies that recompress the body add the prefix W/.
    if if_none_match.removeprefix("W/") == representation.etag:
        return True
    return parse_etags(if_none_match.strip()).contains_weak(representation.opaque_tag)
