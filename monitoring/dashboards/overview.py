"""The service overview, the first dashboard in an incident: objectives, traffic, capacity, causes, versions."""

from grafana_foundation_sdk.builders import dashboard, prometheus
from grafana_foundation_sdk.models import dashboard as parts

from monitoring.dashboards import budget, capacity, causes, traffic
from monitoring.dashboards.panels import SOURCE, Panel
from monitoring.dashboards.selectors import APP, DURATION
from monitoring.slo import Objectives


def build(objectives: Objectives) -> dashboard.Dashboard:
    """Return the service overview, with threshold lines from the objectives."""
    board = (
        dashboard.Dashboard("Halocline: service overview")
        .uid("halocline-overview")
        .description("Start here. Top row: objectives. Below: traffic, capacity, causes, versions.")
        .tags(["halocline"])
        .timezone("utc")
        .refresh("30s")
        .time("now-3h", "now")
        .tooltip(parts.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(_link("Runbooks", f"{objectives.runbooks}/README.md"))
        .annotation(_deployments())
    )
    for variable in _variables():
        board = board.with_variable(variable)
    for title, panels in _sections(objectives):
        board = board.with_row(dashboard.Row(title))
        for panel in panels:
            board = board.with_panel(panel)
    return board


def _sections(objectives: Objectives) -> list[tuple[str, list[Panel]]]:
    return [
        ("Objectives", budget.panels(objectives)),
        ("Traffic", traffic.panels(objectives)),
        ("Capacity", capacity.panels(objectives)),
        ("Causes", causes.panels(objectives)),
    ]


def _variables() -> list[dashboard.DatasourceVariable | dashboard.QueryVariable]:
    source = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    service = _choice("service", "label_values(slo:objective:ratio, service)")
    namespace = _choice("namespace", "label_values(halocline:namespace:seen1d, namespace)")
    route = (
        _choice("route", f"label_values({DURATION}_count{{{APP}}}, http_route)")
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(parts.VariableOption(text="All", value="$__all"))
    )
    return [source, service, namespace, route]


def _choice(name: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .query(query)
        .datasource(SOURCE)
        .refresh(parts.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(parts.VariableSort.ALPHABETICAL_ASC)
    )


def _deployments() -> dashboard.AnnotationQuery:
    """Return an annotation at the first sample of a version that did not run five minutes before."""
    running = f"count by (version) (halocline_build_info{{{APP}}})"
    before = f"count by (version) (halocline_build_info{{{APP}}} offset 5m)"
    return (
        dashboard.AnnotationQuery()
        .name("Deployments")
        .datasource(SOURCE)
        .enable(True)
        .icon_color("blue")
        # Grafana annotates values above 0; the zeros show that the query returns data.
        .target(prometheus.Dataquery().ref_id("Deployments").expr(f"({running} unless {before}) or {running} * 0"))
        .title_format("{{version}}")
    )


def _link(title: str, url: str) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(title).type(parts.DashboardLinkType.LINK).url(url).target_blank(True)
