"""Conditional answers: an ETag on every complete GET answer, 304 when the client has it, and who may keep a copy."""

from flask import Flask, Response, request

# Browsers keep a copy and ask each time: content changes with every import, and a 304 costs next to nothing. A cache
# in front of the portal, which many share, need not ask more often than once a second.
SHARED = "public, max-age=0, s-maxage=1"
# An answer to somebody who said who they are.
OWN = "private, no-cache"
# Made anew for each reader, and too large to be kept twice.
STREAMED = "no-cache"


def install(app: Flask) -> None:
    """Adds the ETag over the final body: to be installed first, because `after_request` functions run in reverse."""

    @app.after_request
    def revalidate(response: Response) -> Response:
        if request.method not in {"GET", "HEAD"} or response.status_code != 200:
            return response
        streamed = response.is_streamed or response.direct_passthrough
        if "Authorization" in request.headers or "Cookie" in request.headers:
            response.headers["Cache-Control"] = "no-store" if response.cache_control.no_store else OWN
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = STREAMED if streamed else SHARED
        if streamed or response.cache_control.no_store:
            return response
        response.add_etag()
        response.make_conditional(request)
        return response
