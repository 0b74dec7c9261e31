"""CPU time, memory and open files of this worker. The library's collector does not support several processes."""

import resource
from pathlib import Path
from time import process_time

from app.telemetry import metrics

# Only on Linux; elsewhere, memory and open files are not measured.
_PROC = Path("/proc/self")


class ProcessUsage:
    """`publish` sets the gauges and adds the CPU time since its last call."""

    def __init__(self) -> None:
        self._counted_s = 0.0

    def publish(self) -> None:
        """Takes less than a tenth of a millisecond, so the event loop may call it each second."""
        used_s = process_time()
        metrics.process_cpu.inc(max(used_s - self._counted_s, 0))
        self._counted_s = used_s
        if _PROC.exists():
            resident_pages = int((_PROC / "statm").read_bytes().split()[1])
            metrics.process_resident_memory.set(resident_pages * resource.getpagesize())
            metrics.process_open_fds.set(sum(1 for _ in (_PROC / "fd").iterdir()))
