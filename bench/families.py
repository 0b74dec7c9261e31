"""Families of aims: each module in `bench/rows` measures one with the servers that it needs.

A new family needs no line here: its aims in aims.toml name its module.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from bench.measured import Aim, Bench, Measured

# The group of aims that need nothing but this machine.
MACHINE = "machine"
# Those that need the current kubectl context, and no stores of this machine.
CLUSTER = "cluster"


def measurements(name: str) -> Callable[[Bench], Iterator[Measured]]:
    """The function that measures the aims of a family: `measure` of its module."""
    return cast("Callable[[Bench], Iterator[Measured]]", importlib.import_module(f"bench.rows.{name}").measure)


def of(aims: Mapping[str, Aim], group: str, short: bool = False) -> list[str]:
    """The families with aims of the group, in the order of the aims; with `short` those that the short form checks."""
    return list(dict.fromkeys(aim.family for aim in aims.values() if aim.group == group and (aim.short or not short)))
