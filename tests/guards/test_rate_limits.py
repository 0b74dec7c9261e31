"""Every route of the API has a rate limit, every limit has a route, and probes and static files have no limit."""

from flask import Flask

from app.http import probes, rate_limits
from app.telemetry import observe


def rules(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


def test_every_route_of_the_api_has_a_rate_limit(app: Flask) -> None:
    assert [
        rule
        for rule in rules(app)
        if rule.startswith("/api/") and rate_limits.policy_of(rule) not in rate_limits.POLICIES
    ] == []


def test_searches_and_downloads_have_budgets_of_their_own(app: Flask) -> None:
    budgets = {policy: {r for r in rules(app) if rate_limits.policy_of(r) == policy} for policy in rate_limits.POLICIES}
    api = "/api/v1"
    assert budgets[rate_limits.SEARCH] == {"/search", f"{api}/search"}
    assert budgets[rate_limits.POSITIONS] == {f"{api}/positions"}
    assert budgets[rate_limits.EXPORT] == {
        f"{api}/export",
        f"{api}/observations",
        f"{api}/missions/<platform>/<mission>/data",
    }


def test_every_rate_limit_belongs_to_an_existing_route(app: Flask) -> None:
    assert set(rate_limits.POLICY_BY_ROUTE) - rules(app) == set()
    assert set(rate_limits.POLICY_BY_ROUTE.values()) <= set(rate_limits.POLICIES)


def test_probes_and_static_files_have_no_rate_limit() -> None:
    assert [rate_limits.policy_of(rule) for rule in (*probes.PATHS, observe.STATIC, "/")] == [None] * 5
