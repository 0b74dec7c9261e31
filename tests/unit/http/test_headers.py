"""Every response has the security headers."""

import pytest
from werkzeug.wrappers import Response

from app.http.headers import SecurityHeaders


@pytest.mark.parametrize("path", ["/", "/livez", "/nothing", "/api/v1/nothing", "/static/nothing.js"])
def test_every_layer_answers_with_the_policy(path, portal, call):
    _, headers, _ = call(portal, path)

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' data:;")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_header_of_the_application_is_not_replaced(call):
    _, headers, _ = call(SecurityHeaders(Response(headers={"x-frame-options": "SAMEORIGIN"})))

    assert [value for name, value in headers.items() if name.lower() == "x-frame-options"] == ["SAMEORIGIN"]


@pytest.mark.parametrize(("scheme", "expected"), [("https", True), ("http", False)])
def test_strict_transport_security_is_sent_only_over_tls(scheme, expected, call):
    _, headers, _ = call(SecurityHeaders(Response()), **{"wsgi.url_scheme": scheme})

    assert ("Strict-Transport-Security" in headers) is expected
