"""Panel builders: each panel has a unit, a description with advice, a runbook and the datasource variable.

A builder sets only options that its panel type reads; where thresholds give the colour, it sets the colour mode, too:
the default of a state timeline is a gradient from green (lowest value) to red.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, statetimeline
from grafana_foundation_sdk.builders import timeseries as series
from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as parts
from grafana_foundation_sdk.models import heatmap as heat
from grafana_foundation_sdk.models import prometheus as prom

SOURCE = shapes.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED = "green", "yellow", "red"
_COUNTS = {"cps", "none", "ops", "reqps"}

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


def coloured_by(mode: parts.FieldColorModeId) -> dashboard.FieldColor:
    """Return the colour mode of a panel."""
    return dashboard.FieldColor().mode(mode)


def lines(
    about: About,
    unit: str,
    queries: Sequence[Query],
    limits: Sequence[tuple[float, str]] = (),
    lowest: float | None = 0,
    at_least: float | None = None,
) -> Panel:
    """Return a time series panel; the limits are dashed lines.

    The axis begins at `lowest` and ends at `at_least` or higher: without it, Grafana shows a line at 0 on an axis up to
    100, which for a share is 10 000 %. Counts and rates have 1.
    """
    panel = (
        series.Panel()
        .unit(unit)
        .color_scheme(coloured_by(parts.FieldColorModeId.PALETTE_CLASSIC))
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
    )
    if lowest is not None:
        panel = panel.min(lowest)
    highest = 1 if unit in _COUNTS and at_least is None else at_least
    if highest is not None:
        panel = panel.axis_soft_max(highest)
    if limits:
        style = common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds(steps(*limits)).thresholds_style(style)
    return finished(panel, about, queries)


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
        .color_scheme(coloured_by(parts.FieldColorModeId.THRESHOLDS))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        # Colours the number, not its background: five red tiles would hide the important one.
        .color_mode(shapes.BigValueColorMode.VALUE)
        .text_mode(shapes.BigValueTextMode.VALUE_AND_NAME)
        .graph_mode(shapes.BigValueGraphMode.NONE)
    )
    if decimals is not None:
        panel = panel.decimals(decimals)
    return finished(panel, about, queries)


def states(about: About, queries: Sequence[Query], limits: dashboard.ThresholdsConfig) -> Panel:
    """Return a panel with one band over time for each series, coloured by the thresholds."""
    panel = (
        statetimeline.Panel()
        .unit("none")
        .thresholds(limits)
        .color_scheme(coloured_by(parts.FieldColorModeId.THRESHOLDS))
        .show_value(shapes.VisibilityMode.NEVER)
        # Its legend would list the limits of the thresholds, which are 0 and 1.
        .legend(common.VizLegendOptions().show_legend(False).display_mode(shapes.LegendDisplayMode.HIDDEN))
    )
    return finished(panel, about, queries)


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
    query = target(0, Query(expr, "{{le}}")).format(prom.PromQueryFormat.HEATMAP)
    return placed(panel.with_target(query), about)


def letter(index: int) -> str:
    """Return the reference id of a panel's query."""
    return chr(ord("A") + index)


def target(index: int, query: Query) -> prometheus.Dataquery:
    """Return a query of a panel."""
    built = prometheus.Dataquery().expr(query.expr).ref_id(letter(index)).datasource(SOURCE)
    return built.legend_format(query.legend) if query.legend else built


def finished(panel: Any, about: About, queries: Sequence[Query]) -> Panel:
    """Return the panel with its queries and the properties of every panel."""
    for index, query in enumerate(queries):
        panel = panel.with_target(target(index, query))
    return placed(panel, about)


def placed(panel: Any, about: About) -> Panel:
    """Return the panel with the properties of every panel."""
    link = dashboard.DashboardLink("Runbook").type(parts.DashboardLinkType.LINK).url(about.runbook).target_blank(True)
    built: Panel = (
        panel.title(about.title)
        .description(about.advice)
        .datasource(SOURCE)
        .span(about.width)
        .height(about.height)
        .links([link])
    )
    return built
