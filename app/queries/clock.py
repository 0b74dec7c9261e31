"""The present: the one clock by which pages and endpoints tell what is active, known or gone by."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)
