"""Panel builders: each panel has a unit, a description with advice, a runbook and the datasource variable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, statetimeline, table
from grafana_foundation_sdk.builders import timeseries as series
from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as parts
from grafana_foundation_sdk.models import heatmap as heat
from grafana_foundation_sdk.models import prometheus as prom

SOURCE = shapes.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED = "green", "yellow", "red"

Panel = cog.Builder[parts.Panel]


@dataclass(frozen=True, slots=True)
class Query:
    """One expression and the name of its lines."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """The properties of every panel: title, advice, URL of the runbook, width and height in grid units."""

    title: str
    advice: str
    runbook: str
    width: int = 8
    height: int = 8


def steps(*limits: tuple[float, str], base: str = GREEN) -> dashboard.ThresholdsConfig:
    """Return colours that begin with `base` and change at each limit."""
    first = parts.Threshold(value=None, color=base)
    rest = [parts.Threshold(value=value, color=colour) for value, colour in limits]
    return dashboard.ThresholdsConfig().mode(parts.ThresholdsMode.ABSOLUTE).steps([first, *rest])


def lines(about: About, unit: str, queries: Sequence[Query], limits: Sequence[tuple[float, str]] = ()) -> Panel:
    """Return a time series panel; the limits are dashed lines."""
    style = shapes.GraphThresholdsStyleMode.DASHED if limits else shapes.GraphThresholdsStyleMode.OFF
    panel = (
        series.Panel()
        .unit(unit)
        .min(0)
        .fill_opacity(8)
        .line_width(1)
        .show_points(shapes.VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(shapes.LegendDisplayMode.LIST)
            .placement(shapes.LegendPlacement.BOTTOM)
            .calcs([])
        )
        .tooltip(common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(shapes.SortOrder.DESCENDING))
        .thresholds(steps(*limits))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(style))
    )
    return _finished(panel, about, queries)


def figures(
    about: About,
    unit: str,
    queries: Sequence[Query],
    limits: dashboard.ThresholdsConfig,
    decimals: int | None = None,
) -> Panel:
    """Return a panel with the latest value of each query, large and coloured."""
    panel = (
        stat.Panel()
        .unit(unit)
        .thresholds(limits)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        # Colours the number, not its background: five red tiles would hide the important one.
        .color_mode(shapes.BigValueColorMode.VALUE)
        .text_mode(shapes.BigValueTextMode.VALUE_AND_NAME)
        .graph_mode(shapes.BigValueGraphMode.NONE)
    )
    if decimals is not None:
        panel = panel.decimals(decimals)
    return _finished(panel, about, queries)


def states(about: About, queries: Sequence[Query], limits: dashboard.ThresholdsConfig) -> Panel:
    """Return a panel with one band over time for each series."""
    panel = statetimeline.Panel().unit("short").thresholds(limits).show_value(shapes.VisibilityMode.NEVER)
    return _finished(panel, about, queries)


def heat_of(about: About, unit: str, expr: str) -> Panel:
    """Return a heat map of a histogram's buckets over time."""
    panel = (
        heatmap.Panel()
        .calculate(False)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .color(
            heatmap.HeatmapColorOptions()
            .mode(heat.HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .steps(64)
            .scale(heat.HeatmapColorScale.EXPONENTIAL)
            .exponent(0.5)
            .reverse(False)
        )
    )
    target = _target(0, Query(expr, "{{le}}")).format(prom.PromQueryFormat.HEATMAP)
    return _placed(panel.with_target(target), about)


def rows(about: About, columns: Sequence[tuple[str, str, str]], key: str, hidden: Sequence[str] = ()) -> Panel:
    """Return a table of instant queries joined by the label `key`; columns are (expression, name, unit)."""
    panel = table.Panel().thresholds(steps())
    names: dict[str, str] = {}
    for index, (expr, name, unit) in enumerate(columns):
        target = _target(index, Query(expr)).instant().format(prom.PromQueryFormat.TABLE)
        panel = panel.with_target(target)
        letter = _letter(index)
        names[f"Value #{letter}" if len(columns) > 1 else "Value"] = name
        panel = panel.override_by_name(name, [parts.DynamicConfigValue(id_val="unit", value=unit)])
    panel = panel.with_transformation(parts.DataTransformerConfig(id_val="merge", options={}))
    organise: dict[str, Any] = {
        "excludeByName": dict.fromkeys(("Time", *hidden), True),
        "renameByName": {key: key.removeprefix("http_"), **names},
    }
    panel = panel.with_transformation(parts.DataTransformerConfig(id_val="organize", options=organise))
    return _placed(panel, about)


def _letter(index: int) -> str:
    return chr(ord("A") + index)


def _target(index: int, query: Query) -> prometheus.Dataquery:
    built = prometheus.Dataquery().expr(query.expr).ref_id(_letter(index)).datasource(SOURCE)
    return built.legend_format(query.legend) if query.legend else built


def _finished(panel: Any, about: About, queries: Sequence[Query]) -> Panel:
    for index, query in enumerate(queries):
        panel = panel.with_target(_target(index, query))
    return _placed(panel, about)


def _placed(panel: Any, about: About) -> Panel:
    link = dashboard.DashboardLink("Runbook").type(parts.DashboardLinkType.LINK).url(about.runbook).target_blank(True)
    placed: Panel = (
        panel.title(about.title)
        .description(about.advice)
        .datasource(SOURCE)
        .span(about.width)
        .height(about.height)
        .links([link])
    )
    return placed
