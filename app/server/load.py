"""The load of a worker, as it is published once a second."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What the worker does now: open connections, threads that work for a request, and requests that wait for one."""

    connections: int
    busy_threads: int
    waiting: int
