"""Every answer carries the security headers."""

import pytest
from werkzeug.wrappers import Response

from app.http.headers import SecurityHeaders


@pytest.mark.parametrize("path", ["/", "/livez", "/nothing", "/api/v1/nothing", "/static/nothing.js"])
def test_whoever_answers_the_policy_is_there(path, portal, call):
    _, headers, _ = call(portal, path)

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' data:;")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_header_that_the_application_sets_is_kept(call):
    _, headers, _ = call(SecurityHeaders(Response(headers={"x-frame-options": "SAMEORIGIN"})))

    assert [value for name, value in headers.items() if name.lower() == "x-frame-options"] == ["SAMEORIGIN"]


@pytest.mark.parametrize(("scheme", "told"), [("https", True), ("http", False)])
def test_browsers_are_told_to_stay_with_tls_only_over_tls(scheme, told, call):
    _, headers, _ = call(SecurityHeaders(Response()), **{"wsgi.url_scheme": scheme})

    assert ("Strict-Transport-Security" in headers) is told
