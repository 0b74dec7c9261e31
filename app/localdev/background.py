"""The worker of `make up`, and its beat if there is a schedule of the operator's own."""

import sys
from collections.abc import Mapping
from pathlib import Path

from app.config import Settings
from app.localdev import pidfiles

# The processes that `start` leaves running, last started first.
PROCESSES = ("beat", "worker")


def start(home: Path, env: Mapping[str, str], settings: Settings) -> None:
    """Start one worker for all queues. Nightly jobs are for installations, so that a beat needs a schedule file."""
    cli = [sys.executable, "-m", "app.cli"]
    pidfiles.start("worker", [*cli, "worker"], home, env)
    if settings.schedule_file is not None:
        pidfiles.start("beat", [*cli, "beat"], home, env)
