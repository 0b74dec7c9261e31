"""The worker of `make up`, and its beat if there is a schedule of the operator's own.

The portal serves without them: one that ends by itself is started again, and given up if that does not help.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from app.config import Settings
from app.localdev import pidfiles

# The processes that `start` leaves running, last started first.
PROCESSES = ("beat", "worker")
# Starts in a row after the first one, with pauses of 1, 2, 4 and 8 s: what does not help then, such as a wrong setting
# or a full disk, needs the developer.
MOST_RESTARTS = 4
FIRST_PAUSE_S = 1.0
# After so long, an end is a new failure, not the result of the last one.
STABLE_S = 60.0
# What does not happen without the process.
_MISSING = {
    "worker": "uploads and queued imports wait for it",
    "beat": "the entries of the schedule are not queued",
}


@dataclass(slots=True)
class _Process:
    name: str
    command: list[str]
    started_s: float = field(default_factory=time.monotonic)
    restarts: int = 0
    # When it is started again; None while it runs, and once it is given up.
    due_s: float | None = None
    is_given_up: bool = False


class Background:
    """The processes beside the portal. `check` is called every fraction of a second."""

    def __init__(self, home: Path, env: Mapping[str, str], commands: Mapping[str, list[str]]) -> None:
        """Start the commands, by name. Raises LocalDevError when one cannot be executed."""
        self._home, self._env = home, env
        for name, command in commands.items():
            pidfiles.start(name, command, home, env)
        self._processes = [_Process(name, command) for name, command in commands.items()]

    @property
    def names(self) -> list[str]:
        """The names of the processes."""
        return [each.name for each in self._processes]

    def check(self) -> None:
        """Start again what has ended by itself. Raises LocalDevError when it cannot be executed."""
        for each in self._processes:
            if each.is_given_up:
                continue
            if each.due_s is not None:
                if time.monotonic() >= each.due_s:
                    pidfiles.start(each.name, each.command, self._home, self._env, appends=True)
                    each.started_s, each.due_s = time.monotonic(), None
            elif pidfiles.alive(self._home / f"{each.name}.pid") is None:
                self._note_end(each)

    def _note_end(self, ended: _Process) -> None:
        # A killed worker leaves the children that run its tasks.
        pidfiles.kill_group(self._home / f"{ended.name}.pid")
        now_s = time.monotonic()
        if now_s - ended.started_s >= STABLE_S:
            ended.restarts = 0
        if ended.restarts == MOST_RESTARTS:
            ended.is_given_up = True
            self._log(
                ended,
                f"{ended.name} ended {MOST_RESTARTS + 1} times in a row and stays stopped: {_MISSING[ended.name]}, "
                "the portal serves without it. Correct the cause, then stop and start the portal",
            )
            return
        pause_s = FIRST_PAUSE_S * 2**ended.restarts
        ended.restarts += 1
        ended.due_s = now_s + pause_s
        self._log(ended, f"{ended.name} ended by itself; start {ended.restarts} of {MOST_RESTARTS} in {pause_s:g} s")

    def _log(self, ended: _Process, text: str) -> None:
        """Write the line to the terminal, and to the log of the process, after its own last lines."""
        log = self._home / f"{ended.name}.log"
        click.echo(f"{text}; its log is {log}", err=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"halocline up: {text}\n")


def start(home: Path, env: Mapping[str, str], settings: Settings) -> Background:
    """Start one worker for all queues. Nightly jobs are for installations, so that a beat needs a schedule file."""
    cli = [sys.executable, "-m", "app.cli"]
    commands = {"worker": [*cli, "worker"]}
    if settings.schedule_file is not None:
        commands["beat"] = [*cli, "beat"]
    return Background(home, env, commands)
