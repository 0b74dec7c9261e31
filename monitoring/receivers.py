"""The configuration of Alertmanager from its routes and a file of receivers.

python -m monitoring.receivers RECEIVERS.yaml prints it: alertmanager/alertmanager.yml with these receivers.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from monitoring.strict_yaml import Invalid

HERE = Path(__file__).parent / "alertmanager"
# Files of the Secret `alertmanager-receivers` in the pod of Alertmanager.
FOLDER = "/etc/alertmanager/receivers"

Document = dict[str, Any]


def routes() -> Document:
    """Return the configuration without integrations."""
    return _mapping(HERE / "alertmanager.yml")


def configuration(path: Path) -> Document:
    """Return the configuration with the receivers of a file. Raises Invalid unless they are those of the routes."""
    base, own = routes(), _mapping(path)
    unknown = sorted(own.keys() - {"global", "receivers"})
    if unknown:
        raise Invalid(f"{path.name}: {unknown[0]} is an unknown field; only global and receivers are merged")
    names = [str(receiver["name"]) for receiver in own.get("receivers", [])]
    required = [receiver["name"] for receiver in base["receivers"]]
    if sorted(names) != sorted(required):
        raise Invalid(f"{path.name}: the receivers must be {', '.join(required)}, not {', '.join(names)}")
    return base | {"global": base["global"] | own.get("global", {}), "receivers": own["receivers"]}


def _mapping(path: Path) -> Document:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Invalid(f"{path.name}: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise Invalid(f"{path.name}: a mapping is required")
    return document


def main(arguments: list[str] | None = None) -> int:
    """Print the configuration; return 2 if the receivers are invalid."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.receivers", description=__doc__)
    parser.add_argument("file", type=Path, help="YAML with `receivers` and, if needed, `global`")
    try:
        content = configuration(parser.parse_args(arguments).file)
    except Invalid as error:
        sys.stderr.write(f"{error}\n")
        return 2
    yaml.safe_dump(content, sys.stdout, sort_keys=False, width=1000, allow_unicode=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
