"""The error of a backup that cannot be restored."""

from app.errors import HaloclineError


class Damaged(HaloclineError):
    """A part or a manifest of a backup is missing, cut off or altered. The text names it."""
