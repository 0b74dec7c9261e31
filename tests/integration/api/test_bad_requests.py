"""Invalid requests are refused and the invalid field is named: 4xx, `application/problem+json`, never 500."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from app import create_app
from app.config import Settings
from app.extensions import mongo
from tests.integration.api.paths import LISTS, PLAIN, problem, refused

Get = Callable[..., Any]
LIMITS = ["0", "-1", "201", "", "many", "1.5", "1e2", "9" * 5000, "NaN", "5;drop", "%00", "1000000"]
CURSORS = [
    "",
    "x",
    "%00",
    "é",
    "a" * 601,
    "bnVsbA",  # null
    "W10",  # []
    "W251bGxd",  # [null]
    "WzFd",  # [1]
    "WyJhIiwiYiJd",  # ["a","b"]
    "Wzk5OTk5OTk5OTk5OTk5OTksImEiXQ",  # [9999999999999999,"a"]
]
FILTERS = {
    "from=yesterday": "from",
    "from=2022-13-01": "from",
    "from=2022-02-30": "from",
    "from=20221208": "from",
    "from=1670500000": "from",
    "from=2022-12-08T25:00": "from",
    "from=2022-W49-4": "from",
    "from=0001-01-01T00:00%2B23:59": "from",
    "from=": "from",
    "to=9999-12-31": "to",
    "to=2022-12-08T11:45:52.410Z%00": "to",
    "to=٢٠٢٢-١٢-٠٨": "to",
    "from=2023-01-01&to=2022-01-01": "to",
    "data_mode=Q": "data_mode",
    "data_mode=r": "data_mode",
    "year=twentytwenty": "year",
    "year=0": "year",
    "year=99999999999999999999": "year",
    "platform=": "platform",
    "project=" + "x" * 201: "project",
    "since=2022-01-01": "since",
    "platform[$ne]=x": "platform[$ne]",
}
UNKNOWN = [
    "/platforms/unknown",
    "/missions/unknown/20221208T1145",
    "/missions/smilla77/unknown",
    "/missions/smilla77/unknown/track",
    "/missions/smilla77/unknown/sections",
    "/missions/smilla77/unknown/sections/temperature",
    "/missions/smilla77/20221208T1145/sections/unknown",
    "/missions/smilla77/20221208T1145/sections/unknown.png",
    "/missions/smilla77/unknown/ts",
    "/missions/smilla77/unknown/ts.png",
    "/missions/smilla77/20221208T1145/profiles/999",
    "/missions/smilla77/20221208T1145/profiles/one",
    "/missions/smilla77/20221208T1145/profiles/-1",
    "/missions/smilla77/20221208T1145/profiles/99999999999999999999",
    "/missions/smilla77/unknown/profiles",
    "/missions/smilla77/unknown/data",
    "/basins/unknown",
    "/missions/smilla77",
    "/nothing",
    "/missions/smilla77/20221208T1145/nothing",
]
HOSTILE = [
    "%00",
    "a%00b",
    "..%2f..%2fetc",
    "%ff%fe",
    "%ed%a0%80",
    "$ne",
    "{}",
    "x" * 5000,
    "%E2%80%AE",
    "İ",
    "<script>",
    "%0d%0aX:%201",
]


@pytest.mark.parametrize("path", LISTS)
def test_an_invalid_limit_is_refused(get: Get, path: str) -> None:
    problems = {limit: problem(get(f"{path}?limit={limit}")) for limit in LIMITS}
    assert problems == dict.fromkeys(LIMITS, refused(400, "limit"))


@pytest.mark.parametrize("path", LISTS)
def test_a_bad_cursor_is_refused(get: Get, path: str) -> None:
    problems = {cursor: problem(get(f"{path}?cursor={cursor}")) for cursor in CURSORS}
    assert problems == dict.fromkeys(CURSORS, refused(400, "cursor"))


@pytest.mark.parametrize("path", ["/missions", "/tracks"])
def test_a_bad_filter_is_refused_and_named(get: Get, path: str) -> None:
    problems = {query: problem(get(f"{path}?{query}")) for query in FILTERS}
    assert problems == {query: refused(400, field) for query, field in FILTERS.items()}


def test_an_unknown_parameter_is_refused(get: Get) -> None:
    problems = {path: problem(get(f"{path}?colour=blue")) for path in LISTS + PLAIN}
    assert problems == dict.fromkeys(LISTS + PLAIN, refused(400, "colour"))


def test_a_repeated_parameter_is_refused(get: Get) -> None:
    problems = {path: problem(get(f"{path}?limit=1&limit=2")) for path in LISTS + PLAIN}
    assert problems == dict.fromkeys(LISTS + PLAIN, refused(400, "limit"))


def test_an_unknown_resource_is_404(get: Get) -> None:
    assert {path: problem(get(path)) for path in UNKNOWN} == dict.fromkeys(UNKNOWN, refused(404))


@pytest.mark.parametrize("path", ["/platforms/{}", "/basins/{}", "/missions/{}/{}", "/missions/smilla77/{}/data"])
def test_a_hostile_id_is_404(get: Get, path: str) -> None:
    problems = {name: problem(get(path.replace("{}", name))) for name in HOSTILE}
    assert problems == dict.fromkeys(HOSTILE, refused(404))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_api_is_read_only(get: Get, method: str) -> None:
    # The import log has the path of uploads, which tests/integration/uploads tests.
    read_only = [path for path in LISTS + PLAIN if path != "/imports"]
    responses = {path: get(path, method=method, json={"limit": 1}) for path in read_only}
    assert {path: problem(response) for path, response in responses.items()} == dict.fromkeys(read_only, refused(405))
    allowed = {frozenset(response.headers["Allow"].split(", ")) for response in responses.values()}
    assert allowed == {frozenset({"GET", "HEAD", "OPTIONS"})}


@pytest.mark.parametrize("path", ["/missions", "/missions/smilla77/20221208T1145/data", "/totals"])
def test_without_a_database_the_status_is_503_with_retry_after(settings: Settings, path: str) -> None:
    # No server listens on port 1; a tenth of a second is enough to detect that.
    unreachable = {"mongodb_uri": "mongodb://127.0.0.1:1", "mongodb_timeout_ms": 100}
    app = create_app(settings.model_copy(update=unreachable))
    response = app.test_client().get(f"/api/v1{path}", buffered=True)
    mongo.close()
    assert problem(response) == refused(503)
    assert response.headers["Retry-After"] == "10"


_NAMES = st.sampled_from(
    ["limit", "cursor", "platform", "basin", "data_mode", "project", "year", "variable", "from", "to", "x"]
)
_VALUES = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
    st.dates().map(str),
    st.sampled_from(["R", "D", "smilla77", "SEA-007", "2022", "WzFd", "WyJhIl0"]),
    st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=3).map(lambda parts: _cursor(parts)),
)


def _cursor(parts: list[Any]) -> str:
    return urlsafe_b64encode(orjson.dumps([p if isinstance(p, str) or abs(p) < 2**63 else 0 for p in parts])).decode()


@given(path=st.sampled_from(LISTS + PLAIN), query=st.dictionaries(_NAMES, _VALUES, max_size=4))
@budget(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_is_200_or_400(get: Get, path: str, query: dict[str, str]) -> None:
    assert get(path, query_string=query).status_code in {200, 400}
