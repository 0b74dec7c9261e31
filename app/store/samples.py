"""Samples: one profile's measurements as compressed columns; number 0 holds what lies outside every profile."""

from collections.abc import Iterator
from typing import Any

from app.extensions import mongo


def of_version(platform: str, mission: str, version: str) -> Iterator[dict[str, Any]]:
    """The sample documents of a version in time order, a few at a time: memory stays bounded.

    Each has `number`, `count` and `columns`: {variable: {"unit", "dtype", "data"}}; see `domain.columns`.
    """
    query = {"platform": platform, "mission": mission, "version": version}
    order = [("start_at", 1), ("number", 1), ("part", 1)]
    yield from mongo.db.samples.find(query).sort(order).batch_size(20)
