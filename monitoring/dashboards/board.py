"""What all dashboards have: variables, links, annotations, refresh. A board adds its panels, in titled rows."""

import json
import re
import urllib.parse

from grafana_foundation_sdk.builders import dashboard, prometheus
from grafana_foundation_sdk.models import dashboard as parts

from monitoring.dashboards.panels import SOURCE, Panel
from monitoring.dashboards.selectors import APP, DURATION
from monitoring.slo import Objectives

TAG = "halocline"
Section = tuple[str, list[Panel]]
LOGS_QUERY = '{namespace="${namespace}",container="app"} | json | event="request" | route=~"${route:pipe}"'


def uid(name: str) -> str:
    """Return the uid of a dashboard, which is also the name of its file and part of its address, `/d/UID`."""
    return f"{TAG}-{name}"


def address(name: str, variable: str = "") -> str:
    """Return the address of a dashboard with the present variables and times; a clicked value sets `variable`."""
    chosen = f"var-{variable}=${{__value.raw:percentencode}}&" if variable else ""
    kept = "${datasource:queryparam}&${service:queryparam}&${namespace:queryparam}&${__url_time_range}"
    return f"/d/{uid(name)}?{chosen}{kept}"


def built(name: str, title: str, advice: str, objectives: Objectives, sections: list[Section]) -> dashboard.Dashboard:
    """Return a dashboard with its panels."""
    board = (
        dashboard.Dashboard(f"Halocline: {title}")
        .uid(uid(name))
        .description(advice)
        .tags([TAG])
        .timezone("utc")
        .refresh("30s")
        .time("now-3h", "now")
        .tooltip(parts.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(_dashboards())
        .link(link("Runbooks", f"{objectives.runbooks}/README.md"))
        .annotation(_rollouts())
        .annotation(_alerts())
    )
    for variable in _variables():
        board = board.with_variable(variable)
    for heading, panels in sections:
        board = board.with_row(dashboard.Row(heading))
        for panel in panels:
            board = board.with_panel(panel)
    return board


def link(title: str, url: str) -> dashboard.DashboardLink:
    """Return a link above the panels; the SDK's default would put it into a menu."""
    built_link = dashboard.DashboardLink(title).type(parts.DashboardLinkType.LINK).url(url)
    return built_link.target_blank(True).placement("")


def constant(name: str, value: str) -> dashboard.ConstantVariable:
    """Return a variable that is not shown, and has this value."""
    return dashboard.ConstantVariable(name).value(value)


def _dashboards() -> dashboard.DashboardLink:
    """Return the links to the other dashboards, with the present variables and times."""
    others = dashboard.DashboardLink("Dashboards").type(parts.DashboardLinkType.DASHBOARDS).tags([TAG])
    return others.as_dropdown(False).include_vars(True).keep_time(True).placement("")


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


def _rollouts() -> dashboard.AnnotationQuery:
    """Return an annotation at the first sample of a build that did not run five minutes before."""
    running = f"count by (version, revision) (halocline_build_info{{{APP}}})"
    before = f"count by (version, revision) (halocline_build_info{{{APP}}} offset 5m)"
    # Grafana annotates values above 0; the zeros show that the query returns data.
    return _annotation(
        "Rollouts",
        "blue",
        f"({running} unless {before}) or {running} * 0",
        "version {{version}}, revision {{revision}}",
    )


def _alerts() -> dashboard.AnnotationQuery:
    """Return an annotation for the time in which an alert fires."""
    firing = 'ALERTS{alertstate="firing",severity=~"critical|warning",namespace=~"|$namespace"}'
    return _annotation("Alerts", "red", f"count by (alertname, severity) ({firing})", "{{alertname}} ({{severity}})")


def _annotation(name: str, colour: str, expr: str, title: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
        .enable(True)
        .icon_color(colour)
        .target(prometheus.Dataquery().ref_id(name).expr(expr))
        .title_format(title)
    )


def logs() -> str:
    """Return the address of the requests of the selected routes in Loki, with the present times."""
    query = {"refId": "A", "expr": LOGS_QUERY, "datasource": {"type": "loki", "uid": "${logs}"}}
    pane = {"datasource": "${logs}", "queries": [query], "range": {"from": "${__from}", "to": "${__to}"}}
    text = urllib.parse.quote(json.dumps({"logs": pane}, separators=(",", ":")))
    # Grafana replaces variables before it reads the address, so these stay as they are.
    kept = re.sub(r"%24%7B(\w+)(?:%3A(\w+))?%7D", lambda one: f"${{{one[1]}{':' + one[2] if one[2] else ''}}}", text)
    return f"/explore?schemaVersion=1&panes={kept}"
