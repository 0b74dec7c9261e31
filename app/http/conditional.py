"""Conditional responses: an ETag on every complete GET response, 304 for a match, and `Cache-Control`."""

from flask import Flask, Response, request

from app.http.credentials import is_personal

# Browsers store a copy and revalidate it each time: content changes with every import, and a 304 costs next to
# nothing. A shared cache in front of the portal revalidates at most once a second, and serves the page for a day while
# the portal is unreachable or fails. No stale-while-revalidate: a browser would show its own copy after an import.
SHARED = "public, max-age=0, s-maxage=1, stale-if-error=86400"
# Response to an authenticated request.
PRIVATE = "private, no-cache"
# Produced for each client, and too large to be stored twice.
STREAMED = "no-cache"


def install(app: Flask) -> None:
    """Register the hook. Call it first: `after_request` functions run in reverse, and the ETag is of the final body."""

    @app.after_request
    def add_validators(response: Response) -> Response:
        if request.method not in {"GET", "HEAD"} or response.status_code != 200:
            return response
        is_streamed = response.is_streamed or response.direct_passthrough
        if is_personal(request.environ):
            response.headers["Cache-Control"] = "no-store" if response.cache_control.no_store else PRIVATE
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = STREAMED if is_streamed else SHARED
        if is_streamed or response.cache_control.no_store:
            return response
        # The page cache takes this ETag over; it computes none of its own.
        response.add_etag()
        response.make_conditional(request)
        return response
