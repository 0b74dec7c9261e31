"""Tables: instant queries joined by a label, with units, colours and links for each column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models import dashboard as parts
from grafana_foundation_sdk.models import prometheus as prom

from monitoring.dashboards.panels import GREEN, About, Panel, Query, letter, placed, target


@dataclass(frozen=True, slots=True)
class Column:
    """A column of values: expression, heading, unit, and limits above which its text changes colour."""

    expr: str
    name: str
    unit: str
    limits: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """The label that joins the columns, its heading, the address that a click on it opens, and its width in pixels."""

    label: str
    name: str
    title: str = ""
    url: str = ""
    width: int | None = None


def rows(
    about: About, key: Key, columns: Sequence[Column], sort_by: str | None = None, hidden: Sequence[str] = ()
) -> Panel:
    """Return a table with a row for each value of the key, the highest value of the column `sort_by` first."""
    # Grafana's default minimum of 150 pixels hides the last column of a narrow panel.
    panel: Any = table.Panel().min_width(60)
    headings: dict[str, str] = {}
    for index, column in enumerate(columns):
        query = target(index, Query(column.expr)).instant().format(prom.PromQueryFormat.TABLE)
        panel = panel.with_target(query).override_by_name(column.name, _look(column))
        headings[f"Value #{letter(index)}" if len(columns) > 1 else "Value"] = column.name
    if key.url:
        link = {"title": key.title, "url": key.url, "targetBlank": not key.url.startswith("/")}
        look = [parts.DynamicConfigValue(id_val="links", value=[link])]
        if key.width is not None:
            look.append(parts.DynamicConfigValue(id_val="custom.width", value=key.width))
        panel = panel.override_by_name(key.name, look)
    if sort_by:
        panel = panel.sort_by([common.TableSortByFieldState().display_name(sort_by).desc(True)])
    panel = panel.with_transformation(parts.DataTransformerConfig(id_val="merge", options={}))
    organise: dict[str, Any] = {
        "indexByName": {key.label: 0},
        "excludeByName": dict.fromkeys(("Time", *hidden), True),
        "renameByName": {key.label: key.name, **headings},
    }
    return placed(panel.with_transformation(parts.DataTransformerConfig(id_val="organize", options=organise)), about)


def _look(column: Column) -> list[parts.DynamicConfigValue]:
    look: dict[str, Any] = {"unit": column.unit}
    if column.limits:
        # All three: a cell ignores thresholds unless its type has a colour and its colour mode is that of thresholds.
        colours = [{"value": None, "color": GREEN}, *({"value": limit, "color": name} for limit, name in column.limits)]
        look["thresholds"] = {"mode": "absolute", "steps": colours}
        look["color"] = {"mode": "thresholds"}
        look["custom.cellOptions"] = {"type": "color-text"}
    return [parts.DynamicConfigValue(id_val=name, value=value) for name, value in look.items()]
