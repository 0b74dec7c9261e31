"""The clock of pages and endpoints, which tests replace."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present time, aware UTC."""
    return datetime.now(UTC)
