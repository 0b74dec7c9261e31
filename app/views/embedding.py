"""Pages for frames of other sites: `embed=1` in the address leaves out header and footer."""

from flask import Response, after_this_request, request

from app import portal
from app.http.headers import policy_in_frames


def is_embedded() -> bool:
    """True if the page is for a frame. The response then allows the sites of HALOCLINE_EMBED_ANCESTORS to show it."""
    if request.args.get("embed") != "1":
        return False

    @after_this_request
    def allow_frames(response: Response) -> Response:
        ancestors = portal.current().settings.embed_ancestors
        response.headers["Content-Security-Policy"] = policy_in_frames(ancestors)
        return response

    return True
