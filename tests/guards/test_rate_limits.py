"""Every route of the API is limited, no limit is for a route that does not exist, and probes and files are free."""

from flask import Flask

from app.http import probes, rate_limits
from app.telemetry import observe


def rules(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


def test_every_route_of_the_api_is_limited(app: Flask) -> None:
    assert [
        rule
        for rule in rules(app)
        if rule.startswith("/api/") and rate_limits.policy_of(rule) not in rate_limits.POLICIES
    ] == []


def test_no_limit_is_for_a_route_that_does_not_exist(app: Flask) -> None:
    assert set(rate_limits.POLICY_BY_ROUTE) - rules(app) == set()
    assert set(rate_limits.POLICY_BY_ROUTE.values()) <= set(rate_limits.POLICIES)


def test_probes_and_files_are_never_limited() -> None:
    assert [rate_limits.policy_of(rule) for rule in (*probes.PATHS, observe.STATIC, "/")] == [None] * 5
