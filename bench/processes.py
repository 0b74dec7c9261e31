"""Figures of other processes, from /proc: children, CPU time, age and memory. Source: proc(5)."""

import os
import re
import time
from pathlib import Path

_TICKS_A_S = os.sysconf("SC_CLK_TCK")
# Positions in `stat` after the name of the command, which is in parentheses and may contain spaces.
_USER_TICKS, _SYSTEM_TICKS, _START_TICKS = 11, 12, 19


def children(pid: int) -> list[int]:
    """The pids of the children of the main thread of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def cpu_s(pid: int) -> float:
    """CPU time that a process and its living children have used, s; to a hundredth of a second each."""
    ticks = [_stat(each) for each in (pid, *children(pid))]
    return sum(fields[_USER_TICKS] + fields[_SYSTEM_TICKS] for fields in ticks) / _TICKS_A_S


def age_s(pid: int) -> float:
    """Age of a process, s."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - _stat(pid)[_START_TICKS] / _TICKS_A_S


def memory_mb(pid: int, name: str) -> float:
    """A size in the status of a process, MB: `VmRSS`, or `VmHWM` for its peak."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(re.findall(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)[0]) * 1024 / 1e6


def _stat(pid: int) -> list[int]:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    # The first of these fields is the state, a letter.
    return [0, *map(int, fields[1:])]
