"""Dashboards: few panels with advice, drawn as written, and queries over series that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as schema

from monitoring import alert_rows, dashboards, queries, slo
from monitoring.dashboards import BOARDS as NAMES
from monitoring.queries import PanelQuery
from tests.unit.monitoring.sources import (
    BOARDS,
    FOREIGN,
    MONITORING,
    PANELS,
    QUERIES,
    RECORDED,
    exposed_by_the_app,
    named,
)

OBJECTIVES = slo.load()
# Series of kube-state-metrics and of the black-box probe that only dashboards read.
EXPORTERS = frozenset(
    {
        "halocline_probe_step_duration_seconds",
        "kube_pod_container_status_last_terminated_reason",
        "kube_pod_status_phase",
        "probe_success",
    }
)
each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query.dashboard}-{query.panel}-{query.ref}")
annotations = pytest.mark.parametrize(
    "annotation",
    [one for board in BOARDS.values() for one in board["annotations"]["list"]],
    ids=lambda annotation: annotation["name"],
)


def test_there_are_five_dashboards_with_the_uid_of_their_file() -> None:
    assert {name: board["uid"] for name, board in BOARDS.items()} == {
        f"halocline-{one}": f"halocline-{one}" for one in NAMES
    }
    assert len(BOARDS) == 5


@each_board
def test_a_dashboard_is_small_and_refreshes(board: dict[str, Any]) -> None:
    variables = [one["name"] for one in board["templating"]["list"]]

    assert len(list(queries.panels(board))) <= 24
    assert board["refresh"] == "30s"
    assert variables[:4] == ["datasource", "service", "namespace", "route"]


@each_board
def test_a_dashboard_matches_the_schema_of_the_sdk(board: dict[str, Any]) -> None:
    plugins.register_default_plugins()
    read = schema.Dashboard.from_json(board)
    for link in read.links:
        link.placement = ""  # Reading a link sets its default.

    # An option that the schema lacks would be dropped.
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == board


@each_board
def test_panels_have_unique_ids_and_do_not_overlap(board: dict[str, Any]) -> None:
    panels = list(queries.panels(board))
    places = [panel["gridPos"] for panel in panels]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23


@each_board
def test_a_dashboard_links_to_the_others_and_to_the_runbooks(board: dict[str, Any]) -> None:
    others, runbooks, *_ = board["links"]

    assert (others["type"], others["tags"], others["includeVars"], others["keepTime"]) == (
        "dashboards", ["halocline"], True, True,
    )  # fmt: skip
    assert runbooks["url"] == "${runbooks}/README.md"
    # In the menu of controls, a link takes a click more.
    assert {link["placement"] for link in board["links"]} == {""}


def test_a_route_of_the_overview_leads_to_its_traffic_and_from_there_to_its_logs() -> None:
    table = next(one for one in queries.panels(BOARDS["halocline-overview"]) if one["title"] == "Routes")
    (link,) = _properties(table, "route")["links"]
    logs = BOARDS["halocline-traffic"]["links"][2]["url"]

    assert link["url"].startswith("/d/halocline-traffic?var-route=${__value.raw:percentencode}&")
    assert "${namespace:queryparam}" in link["url"]
    assert "${logs}" in logs
    assert "${route:pipe}" in logs
    assert "{" not in logs.replace("${", "")


def test_a_firing_alert_leads_to_its_runbook() -> None:
    table = next(one for one in queries.panels(BOARDS["halocline-overview"]) if one["title"] == "Firing alerts")

    assert _properties(table, "alert")["links"][0]["url"] == "${runbooks}/${__value.raw}.md"


def _properties(panel: dict[str, Any], column: str) -> dict[str, Any]:
    """The overrides of a column."""
    return {
        one["id"]: one["value"]
        for override in panel["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == column
        for one in override["properties"]
    }


@each_panel
def test_a_panel_has_advice_and_a_runbook(panel: dict[str, Any]) -> None:
    page = panel["links"][0]["url"].removeprefix("${runbooks}/")

    assert len(panel["description"]) > 30
    assert (MONITORING / "runbooks" / page).is_file()


@each_panel
def test_a_panel_uses_the_variable_for_the_data_source(panel: dict[str, Any]) -> None:
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]

    assert {source["uid"] for source in sources} == {"${datasource}"}


@each_panel
def test_a_panel_has_a_unit_and_does_not_show_missing_values_as_zero(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    columns = [
        {one["id"]: one["value"] for one in override["properties"]} for override in panel["fieldConfig"]["overrides"]
    ]
    units = {
        "table": [column["unit"] for column in columns if "links" not in column],
        "heatmap": [panel["options"].get("yAxis", {}).get("unit")],
    }.get(panel["type"], [defaults.get("unit")])

    assert units
    assert all(units)
    assert "nullValueMode" not in defaults


def test_threshold_lines_are_the_objectives() -> None:
    lines = {
        panel["title"]: [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]]
        for panel in PANELS
        if panel["type"] == "timeseries" and "thresholds" in panel["fieldConfig"]["defaults"]
    }
    bounds = sorted(one.below_s for one in OBJECTIVES.slos if one.below_s)
    budget = [float(OBJECTIVES.slo("availability").budget)]

    assert [lines[title] for title in ("Latency", "p95 by version", "p95 by route, slowest")] == [bounds] * 3
    assert [lines[title] for title in ("Share of server errors", "Server errors by version")] == [budget] * 2
    assert lines["Burn rate by window, highest of the objectives"] == sorted(
        float(burn.factor) for burn in OBJECTIVES.burns
    )


def test_threshold_lines_on_causes_are_the_limits_of_the_alerts() -> None:
    limits = alert_rows.limits(alert_rows.load(MONITORING / "alerts.yaml"))
    alerts = {
        "Saturation by pod": "AppSaturated",
        "Time to collect metrics": "MetricsCollectSlow",
        "MongoDB: mean wait for a connection": "MongoPoolExhausted",
        "Free space of volumes": "VolumeFillingUp",
        "Age of the last backup": "BackupTooOld",
    }
    (ages,) = [panel for panel in PANELS if panel["title"] == "Age of the checks, as a share of the limit"]

    assert {title: {lines[-1] for lines in _lines(title)} for title in alerts} == {
        title: {limits[alert]} for title, alert in alerts.items()
    }
    assert [target["expr"].rpartition(" / ")[2] for target in ages["targets"]] == [
        f"{limits[alert]:g}" for alert in ("VerificationMissing", "RestoreTestTooOld")
    ]


def _lines(title: str) -> list[list[float]]:
    """The threshold lines of each panel with this title."""
    return [
        [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]]
        for panel in PANELS
        if panel["title"] == title
    ]


def test_another_limit_of_an_alert_moves_its_line() -> None:
    limits = alert_rows.limits(alert_rows.load(MONITORING / "alerts.yaml"))
    text = dashboards.rendered(OBJECTIVES, limits | {"AppSaturated": 0.4321})["halocline-causes"]

    assert '"value": 0.4321' in text


@each_query
def test_a_query_reads_only_series_that_exist(query: PanelQuery, tmp_path: Path) -> None:
    assert named(query.expr) <= exposed_by_the_app(tmp_path) | RECORDED | FOREIGN | EXPORTERS


@each_query
def test_a_query_is_limited_to_the_selected_namespace(query: PanelQuery) -> None:
    assert "halocline-lab" in query.expr


@annotations
def test_an_annotation_reads_only_series_that_exist_in_the_namespace(
    annotation: dict[str, Any], tmp_path: Path
) -> None:
    expr = queries.filled(annotation["target"]["expr"], queries.variables("halocline-lab"))

    assert named(expr) <= exposed_by_the_app(tmp_path) | FOREIGN
    assert "halocline-lab" in expr


def test_every_dashboard_marks_rollouts_and_alerts() -> None:
    names = {tuple(one["name"] for one in board["annotations"]["list"]) for board in BOARDS.values()}

    assert names == {("Rollouts", "Alerts")}


@each_panel
def test_rates_use_the_interval_of_the_screen(panel: dict[str, Any]) -> None:
    rates = [target["expr"] for target in panel["targets"] if "rate(" in target["expr"]]

    assert [expr for expr in rates if "$__rate_interval" not in expr] == []


@each_query
def test_a_zero_replaces_missing_series_and_is_no_series_beside_them(query: PanelQuery) -> None:
    assert "or (0 *" not in query.expr


@pytest.mark.parametrize("page", sorted((MONITORING / "runbooks").glob("*.md")), ids=lambda page: page.stem)
def test_a_runbook_names_only_dashboards_and_panels_that_exist(page: Path) -> None:
    titles = {panel["title"] for panel in PANELS} | {board["title"] for board in BOARDS.values()}
    text = page.read_text("utf-8")

    assert set(re.findall(r"(?:dashboards?|panels?|tables?|and) \*([A-Z][^*]+)\*", text)) <= titles


def test_a_variable_without_a_value_is_an_error_and_regex_groups_are_kept() -> None:
    assert queries.filled('a{x="$one"} ${two} ${1}xx', {"one": "1", "two": "2"}) == 'a{x="1"} 2 ${1}xx'
    with pytest.raises(KeyError):
        queries.filled("$three", {})
