"""The window of platforms that report now."""

from datetime import datetime, timedelta

from app import portal
from app.http import expiry
from app.queries import clock


def since() -> datetime:
    """The begin of the active window, on a whole minute; the response to this request expires within a minute."""
    minute = clock.now().replace(second=0, microsecond=0)
    expiry.until(minute + timedelta(minutes=1))
    return minute - timedelta(hours=portal.current().settings.active_window_h)
