"""The threads of a worker. They are daemons, so a thread that hangs does not keep the process from ending."""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

log = logging.getLogger(__name__)


class Threads:
    """A fixed number of threads that run jobs in the order of their submission."""

    def __init__(self, count: int, name: str = "request") -> None:
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Callable[[], object]) -> None:
        """Run the job in the next free thread."""
        self._jobs.put(job)

    def stop(self) -> None:
        """End each thread after its present job."""
        for _ in self._threads:
            self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                log.exception("A job of a request thread failed.")
