"""An importer in a process of its own that kills itself at a write command or in a function.

Run as `python driver.py '{"settings": {…}, "files": […], "kill_at": 7, "when": "started"}'`. It writes a
line `session …` to standard error for each session, so that the test can end the sessions that it leaves open.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from pymongo import monitoring

from app import config, extensions
from app.ingest import context, importer
from app.ingest.derive import section_plots
from app.ingest.interpret.identity import Options
from tests.import_tools import InProcessReader, blank_picture

_WRITES = {"insert", "update", "delete", "findAndModify", "commitTransaction"}


class Killer(monitoring.CommandListener):
    """Kill this process at a write command: before it is sent or after its response."""

    def __init__(self, kill_at: int | None, when: str) -> None:
        self._kill_at, self._when = kill_at, when
        self.writes = 0
        self._sessions: set[str] = set()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count the write commands; kill at the chosen one."""
        if "lsid" in event.command and (session := event.command["lsid"]["id"].hex()) not in self._sessions:
            self._sessions.add(session)
            sys.stderr.write(f"session {session}\n")
            sys.stderr.flush()
        if event.command_name in _WRITES:
            self.writes += 1
            if self._when == "started" and self.writes == self._kill_at:
                _die()

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Kill if the response belongs to the chosen command."""
        if event.command_name in _WRITES and self._when == "succeeded" and self.writes == self._kill_at:
            _die()

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing: PyMongo handles errors."""


def _die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL cannot be caught")


def _die_at_call(function: Callable[..., Any], call: int) -> Callable[..., Any]:
    """Return the function, wrapped so that call number `call` kills this process; 1 is the first."""
    calls = iter(range(1, call))

    def wrapped(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named) if next(calls, None) else _die()

    return wrapped


def main(order: dict[str, Any]) -> None:
    """Import the files, unless the process is killed."""
    killer = Killer(order.get("kill_at"), order.get("when", "started"))
    monitoring.register(killer)
    settings = config.load(**order["settings"])
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    for name in ("section", "cloud"):
        setattr(section_plots, name, blank_picture)
    if "kill_in" in order:
        name, call = order["kill_in"]
        module, _, function = name.rpartition(".")
        owner = import_module(module)
        setattr(owner, function, _die_at_call(getattr(owner, function), call))
    tools = context.import_context(settings, Options(), reader=InProcessReader())
    outcomes = [report.outcome for report in importer.real([Path(file) for file in order["files"]], tools)]
    sys.stdout.write(json.dumps({"outcomes": outcomes, "writes": killer.writes}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
