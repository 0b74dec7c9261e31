"""An importer in a process of its own that can be killed: after so many write commands, or so many seconds after one.

Run as `python driver.py '{"settings": {…}, "files": […], "kill_at": 7, "when": "started"}'`. Each session that it
begins is a line on its standard error, `session …`, so that somebody can end what it leaves behind.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from pymongo import monitoring

from app import config, extensions
from app.ingest import context, importer
from app.ingest.interpret.identity import Options

_WRITES = {"insert", "update", "delete", "findAndModify", "commitTransaction"}


class Killer(monitoring.CommandListener):
    """Kills this process at a write command: before it is sent or after its answer came."""

    def __init__(self, kill_at: int | None, when: str, after_s: float | None) -> None:
        self._left, self._when, self._after_s = kill_at, when, after_s
        self.seen = 0
        self._sessions: set[str] = set()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if "lsid" in event.command and (session := event.command["lsid"]["id"].hex()) not in self._sessions:
            self._sessions.add(session)
            sys.stderr.write(f"session {session}\n")
            sys.stderr.flush()
        if event.command_name in _WRITES:
            self.seen += 1
            if self.seen == 1 and self._after_s is not None:
                threading.Timer(self._after_s, _die).start()
            if self._when == "started" and self.seen == self._left:
                _die()

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if event.command_name in _WRITES and self._when == "succeeded" and self.seen == self._left:
            _die()

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """What fails is the driver's business."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(order: dict[str, Any]) -> None:
    """Takes the files in, unless it dies."""
    killer = Killer(order.get("kill_at"), order.get("when", "started"), order.get("after_s"))
    monitoring.register(killer)
    settings = config.load(**order["settings"])
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    tools = context.import_context(settings, Options())
    outcomes = [report.outcome for report in importer.real([Path(file) for file in order["files"]], tools)]
    sys.stdout.write(json.dumps({"outcomes": outcomes, "writes": killer.seen}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
