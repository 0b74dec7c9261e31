"""Conditional answers: an ETag on every complete GET answer, and 304 when the client has it already."""

from flask import Flask, Response, request


def install(app: Flask) -> None:
    """Adds the ETag over the final body: to be installed first, because `after_request` functions run in reverse."""

    @app.after_request
    def revalidate(response: Response) -> Response:
        if request.method not in {"GET", "HEAD"} or response.status_code != 200:
            return response
        if "Cache-Control" not in response.headers:
            # Keep a copy, but ask each time: content changes with every import.
            response.headers["Cache-Control"] = "no-cache"
        if response.is_streamed or response.direct_passthrough or response.cache_control.no_store:
            return response
        response.add_etag()
        response.make_conditional(request)
        return response
