"""Dashboards: few panels with advice, and queries over series that exist."""

from pathlib import Path
from typing import Any

import pytest

from monitoring import queries, slo
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
each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query.panel}-{query.ref}")


@each_board
def test_a_dashboard_fits_one_screen_and_refreshes(board: dict[str, Any]) -> None:
    assert len(list(queries.panels(board))) <= 24
    assert board["refresh"] == "30s"
    assert board["uid"].startswith("halocline-")
    assert [one["name"] for one in board["templating"]["list"]] == ["datasource", "service", "namespace", "route"]


@each_board
def test_panels_have_unique_ids_and_positions(board: dict[str, Any]) -> None:
    panels = list(queries.panels(board))

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


@each_panel
def test_a_panel_has_advice_and_a_runbook(panel: dict[str, Any]) -> None:
    page = panel["links"][0]["url"].removeprefix(f"{OBJECTIVES.runbooks}/")

    assert len(panel["description"]) > 30
    assert (MONITORING / "runbooks" / page).is_file()


@each_panel
def test_a_panel_uses_the_variable_for_the_data_source(panel: dict[str, Any]) -> None:
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]

    assert {source["uid"] for source in sources} == {"${datasource}"}


@pytest.mark.parametrize(
    "panel", [one for one in PANELS if one["type"] in {"timeseries", "stat"}], ids=lambda panel: panel["title"]
)
def test_a_panel_has_a_unit_and_does_not_show_missing_values_as_zero(panel: dict[str, Any]) -> None:
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert "nullValueMode" not in panel["fieldConfig"]["defaults"]


def test_threshold_lines_are_the_objectives() -> None:
    titled = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]
        for panel in PANELS
        if panel["type"] == "timeseries"
    }

    assert [step["value"] for step in titled["Latency"]] == [one.below_s for one in OBJECTIVES.slos if one.below_s]
    assert [step["value"] for step in titled["Share of server errors"]] == [
        float(OBJECTIVES.slo("availability").budget)
    ]


@each_query
def test_a_query_reads_only_series_that_exist(query: PanelQuery, tmp_path: Path) -> None:
    assert named(query.expr) <= exposed_by_the_app(tmp_path) | RECORDED | FOREIGN


@each_query
def test_a_query_is_limited_to_the_selected_namespace(query: PanelQuery) -> None:
    assert "halocline-lab" in query.expr


@each_panel
def test_rates_use_the_interval_of_the_screen(panel: dict[str, Any]) -> None:
    rates = [
        target["expr"] for target in panel["targets"] if " rate(" in f" {target['expr']}" or "(rate(" in target["expr"]
    ]

    assert [expr for expr in rates if "$__rate_interval" not in expr] == []


def test_a_variable_without_a_value_is_an_error_and_regex_groups_are_kept() -> None:
    assert queries.filled('a{x="$one"} ${two} ${1}xx', {"one": "1", "two": "2"}) == 'a{x="1"} 2 ${1}xx'
    with pytest.raises(KeyError):
        queries.filled("$three", {})
