"""Options that Grafana ignores for a type of panel, and options that a type needs to show what its thresholds say."""

from collections.abc import Callable, Iterator
from typing import Any

Document = dict[str, Any]


def faults(panel: Document) -> list[str]:
    """Return what a panel sets in vain, or lacks: an empty list for a panel that is drawn as written."""
    check = TYPES.get(panel["type"])
    return list(check(panel)) if check else [f"type {panel['type']} is unknown"]


def _defaults(panel: Document) -> Document:
    defaults: Document = panel["fieldConfig"]["defaults"]
    return defaults


def _has_limits(settings: Document) -> bool:
    # The first step is the base colour.
    return len(settings.get("thresholds", {}).get("steps", [])) > 1


def _colour(settings: Document) -> str | None:
    mode: str | None = settings.get("color", {}).get("mode")
    return mode


def _coloured_by_thresholds(panel: Document) -> Iterator[str]:
    if _colour(_defaults(panel)) != "thresholds":
        yield "its thresholds are ignored without color.mode thresholds"
    if not _has_limits(_defaults(panel)):
        yield "it has a single colour"


def _time_series(panel: Document) -> Iterator[str]:
    defaults = _defaults(panel)
    style = defaults["custom"].get("thresholdsStyle", {}).get("mode", "off")
    if _has_limits(defaults) != (style != "off"):
        yield f"thresholds need a thresholdsStyle, which is {style}"
    if _colour(defaults) != "palette-classic":
        yield "its lines have one colour"
    if defaults["unit"] in {"cps", "none", "ops", "reqps"} and "axisSoftMax" not in defaults["custom"]:
        yield "a line at 0 would have an axis up to 100"


def _table(panel: Document) -> Iterator[str]:
    if _has_limits(_defaults(panel)):
        yield "thresholds of the whole table would colour no cell"
    for override in panel["fieldConfig"]["overrides"]:
        settings = {one["id"]: one["value"] for one in override["properties"]}
        cell = settings.get("custom.cellOptions", {}).get("type", "auto")
        column = override["matcher"]["options"]
        if _has_limits(settings) and not (cell.startswith("color-") and _colour(settings) == "thresholds"):
            yield f"the thresholds of the column {column} are ignored"
    shown = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    names = set(panel["transformations"][-1]["options"]["renameByName"].values())
    yield from (f"there is no column {name} to override" for name in shown - names)
    yield from (
        f"there is no column {one['displayName']} to sort by"
        for one in panel["options"].get("sortBy", [])
        if one["displayName"] not in names
    )


def _heatmap(panel: Document) -> Iterator[str]:
    defaults, options = _defaults(panel), panel["options"]
    yield from (f"it ignores {name}" for name in ("thresholds", "color", "unit", "min") if name in defaults)
    if options["calculate"]:
        yield "it would bin the buckets of the histogram again"
    if {target["format"] for target in panel["targets"]} != {"heatmap"}:
        yield "its buckets are cumulative without the format heatmap"
    if options["color"]["scale"] != "exponential" and "exponent" in options["color"]:
        yield "only an exponential scale reads the exponent"


TYPES: dict[str, Callable[[Document], Iterator[str]]] = {
    "heatmap": _heatmap,
    "stat": _coloured_by_thresholds,
    "state-timeline": _coloured_by_thresholds,
    "table": _table,
    "timeseries": _time_series,
}
