"""Statistics: the derived sums of each year, basin or platform, under the names that people know them by."""

from dataclasses import dataclass
from typing import Literal

from app.domain.records import Totals
from app.store import basins, platforms, totals

Kind = Literal["year", "basin", "platform"]


@dataclass(frozen=True, slots=True)
class Row:
    """The sums of one year, basin or platform: its id, what people call it (a platform by its serial), its totals."""

    key: str
    name: str
    totals: Totals


def by(kind: Kind) -> list[Row]:
    """Every year, basin or platform that has data, in the order of their keys."""
    found = {sums.scope.partition(":")[2]: sums for sums in totals.of_kind(kind)}
    names = _names(kind, list(found))
    return [Row(key, names.get(key, key), sums) for key, sums in sorted(found.items())]


def _names(kind: Kind, keys: list[str]) -> dict[str, str]:
    if kind == "basin":
        return basins.names()
    if kind == "platform" and keys:
        return {key: platform.serial for key, platform in platforms.named(keys).items()}
    return {}
