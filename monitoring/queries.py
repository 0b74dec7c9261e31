"""Every panel's query as Grafana sends it: python -m monitoring.queries --namespace NAME, JSON on stdout."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent / "dashboards" / "out"


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of one panel, with the dashboard's variables replaced."""

    dashboard: str
    panel: str
    ref: str
    expr: str


def filled(expr: str, values: dict[str, str]) -> str:
    """Return the expression with $name and ${name} replaced. Raises KeyError for a variable without a value.

    ${1} is not replaced: inside label_replace it is a group of the regular expression.
    """
    return re.sub(r"\$\{([a-z_]\w*)\}|\$([a-z_]\w*)", lambda match: values[match[1] or match[2]], expr)


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the panels of a dashboard's JSON, including those inside collapsed rows, without the rows themselves."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def listed(values: dict[str, str], out: Path = OUT) -> list[PanelQuery]:
    """Return all queries of all generated dashboards, in the order of the panels."""
    queries = []
    for path in sorted(out.glob("*.json")):
        for panel in panels(json.loads(path.read_text(encoding="utf-8"))):
            for target in panel.get("targets", []):
                expr = filled(target["expr"], values)
                queries.append(PanelQuery(path.stem, panel["title"], target["refId"], expr))
    return queries


def variables(
    namespace: str, service: str = "halocline", route: str = ".*", rate_interval: str = "1m"
) -> dict[str, str]:
    """Return values for the variables of the dashboards."""
    return {"namespace": namespace, "service": service, "route": route, "__rate_interval": rate_interval}


def main(arguments: list[str] | None = None) -> int:
    """Print a JSON list of objects with dashboard, panel, ref and expr."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.queries", description=__doc__)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--service", default="halocline")
    parser.add_argument("--route", default=".*", help="regular expression (default: all routes)")
    parser.add_argument("--rate-interval", default="1m", help="at least four scrape intervals (default: 1m)")
    chosen = parser.parse_args(arguments)
    values = variables(chosen.namespace, chosen.service, chosen.route, chosen.rate_interval)
    json.dump([asdict(query) for query in listed(values)], sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
