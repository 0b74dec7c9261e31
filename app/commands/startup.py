"""The start of a command: its settings, its log, and the user who runs it."""

import os
import pwd
import socket
import sys

from app import config
from app.domain.audit import Actor
from app.domain.printable import one_line
from app.telemetry import logs


def settings() -> config.Settings:
    """The settings of the process; log lines go to standard error, because standard output is for results."""
    loaded = config.load()
    # Otherwise an unexpected error would be printed with the values of all variables, and with the password.
    logs.configure(loaded.log_level, sys.stderr)
    return loaded


def actor() -> Actor:
    """The user of this process and its host, such as `ana@importer-0`; the number of a user without a name."""
    try:
        # Not from the environment, which the user sets.
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid-{os.getuid()}"
    return Actor("user", one_line(f"{name}@{socket.gethostname()}"))
