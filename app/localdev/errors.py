"""What goes wrong while the portal starts on one machine."""

from app.errors import HaloclineError


class LocalDevError(HaloclineError):
    """Cannot go on; the message is the one line to show, and says what to do."""
