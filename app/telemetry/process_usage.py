"""CPU time, memory, open files and pauses of this worker. The library's collector supports only one process."""

import gc
import resource
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from app.telemetry import metrics

# Only on Linux; elsewhere, memory and open files are not measured.
_PROC = Path("/proc/self")


class ProcessUsage:
    """`publish` sets the gauges and adds the times since its last call."""

    def __init__(self) -> None:
        self._counted_s = self._counted_pause_s = 0.0
        self._collecting_since_s = self._paused_s = 0.0
        gc.callbacks.append(self._on_collection)

    def publish(self) -> None:
        """Takes less than a tenth of a millisecond, so the event loop may call it each second."""
        used_s = process_time()
        metrics.process_cpu.inc(max(used_s - self._counted_s, 0))
        self._counted_s = used_s
        paused_s = self._paused_s
        metrics.process_gc_pause.inc(paused_s - self._counted_pause_s)
        self._counted_pause_s = paused_s
        if _PROC.exists():
            resident_pages = int((_PROC / "statm").read_bytes().split()[1])
            metrics.process_resident_memory.set(resident_pages * resource.getpagesize())
            metrics.process_open_fds.set(sum(1 for _ in (_PROC / "fd").iterdir()))

    def _on_collection(self, phase: str, _info: dict[str, Any]) -> None:
        """Called by Python at the start and the end of a collection, during which no thread runs Python."""
        if phase == "start":
            self._collecting_since_s = perf_counter()
        else:
            self._paused_s += perf_counter() - self._collecting_since_s
