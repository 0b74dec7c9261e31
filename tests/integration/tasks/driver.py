"""A worker or a beat with shorter times, in a process of its own. Its argument is an order in JSON.

`times` replaces constants by `module.NAME`. `faults` replaces the import of a file, by name: `kill` ends the process,
`fail` raises, `brief` and `slow` sleep. `alone FOLDER` runs for some seconds and records in the folder its begin, and
whether another process runs it at the same time.
"""

import fcntl
import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from app import config
from app.ingest import importer
from app.ingest.derive import section_plots
from app.tasks import beat, broker, worker
from app.telemetry import logs
from tests.import_tools import blank_picture

_import = importer.imported


def _faulty(faults: dict[str, str]) -> Any:
    """The import, except for files with a fault."""

    def imported(sources: list[Any], tools: Any) -> Any:
        fault = faults.get(getattr(sources[0], "name", ""), "")
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "fail":
            raise ValueError("a defect")
        if fault.startswith("alone "):
            _alone(Path(fault.removeprefix("alone ")))
        if fault == "brief":
            time.sleep(2)
        if fault == "slow":
            time.sleep(30)
        return _import(sources, tools)

    return imported


def _alone(folder: Path) -> None:
    with (folder / "lock").open("w") as lock:
        (folder / f"begun-{os.getpid()}").touch()
        try:
            # The system ends the lock with its process.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            (folder / "twice").touch()
        time.sleep(8)


def main(order: dict[str, Any]) -> None:
    """Run until a signal."""
    for name, value in order.get("times", {}).items():
        module, _, constant = name.rpartition(".")
        setattr(import_module(f"app.tasks.{module}"), constant, value)
    for name in ("section", "cloud"):
        setattr(section_plots, name, blank_picture)
    importer.imported = _faulty(order.get("faults", {}))
    settings = config.load(**order["settings"])
    logs.configure(settings.log_level, sys.stderr)
    if order["run"] == "beat":
        beat.run(settings)
    else:
        worker.run(settings, order.get("queues", broker.QUEUES), order.get("concurrency", 1))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
