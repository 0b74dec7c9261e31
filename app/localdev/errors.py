"""The error of the portal on one machine."""

from app.errors import HaloclineError


class LocalDevError(HaloclineError):
    """The portal cannot start or continue. The message is one line to show; it names the remedy."""
