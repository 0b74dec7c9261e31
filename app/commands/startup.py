"""The start of a command: its settings and its log."""

import sys

from app import config
from app.telemetry import logs


def settings() -> config.Settings:
    """The settings of the process; log lines go to standard error, because standard output is for results."""
    loaded = config.load()
    # Otherwise an unexpected error would be printed with the values of all variables, and with the password.
    logs.configure(loaded.log_level, sys.stderr)
    return loaded
