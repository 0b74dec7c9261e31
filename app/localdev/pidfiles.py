"""Child processes that a later run can find: each has a pid file, which stays unambiguous after a crash."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from app.localdev.errors import LocalDevError

# A mongod with a full journal takes about two seconds to stop. After 20 s it hangs and is killed; its journal
# preserves all acknowledged writes.
STOP_WITHIN_S = 20.0
_POLL_S = 0.02
# In place of the start time of a process that has ended.
_GONE = "gone"


def start(
    name: str,
    command: Sequence[str],
    home: Path,
    env: Mapping[str, str] | None = None,
    is_on_terminal: bool = False,
    appends: bool = False,
) -> int:
    """Pid of `command`, started in a session of its own, so that Ctrl-C reaches only this process.

    Its output replaces `home/NAME.log`, or with `appends` follows its lines, or goes to the terminal, which it may also
    read; its pid is written to `home/NAME.pid`. Raises LocalDevError when it cannot be executed.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{name}.log").open("ab" if appends else "wb") as log:
        try:
            child = subprocess.Popen(
                command,
                stdin=None if is_on_terminal else subprocess.DEVNULL,
                stdout=None if is_on_terminal else log,
                stderr=None if is_on_terminal else subprocess.STDOUT,
                start_new_session=True,
                env=env,
            )
        except OSError as error:
            raise LocalDevError(f"cannot start {name}: {error.strerror} ({command[0]})") from error
    (home / f"{name}.pid").write_text(identity(child.pid), encoding="ascii")
    child.returncode = 0  # `alive` and `stop` reap it; the object would warn about a running child when collected.
    return child.pid


def identity(pid: int) -> str:
    """Content of a pid file: the pid and the start time of the process, since pids are reused."""
    return f"{pid} {_born(pid)}\n"


def alive(pid_file: Path) -> int | None:
    """The pid in the file if that process still runs, else None, also if another process has the pid now."""
    try:
        pid, born = pid_file.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    _reap(int(pid))
    # One that ended before its file was written has no time there.
    return int(pid) if born != _GONE and _born(int(pid)) == born else None


def stop(pid_file: Path, within_s: float = STOP_WITHIN_S) -> bool:
    """Stop the process: True if it ran, False if there was none. It is killed if it does not end within the time."""
    pid = alive(pid_file)
    if pid is not None:
        _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + within_s
        while alive(pid_file) is not None:
            if time.monotonic() > deadline:
                _kill_group(pid)
            time.sleep(_POLL_S)
    pid_file.unlink(missing_ok=True)
    return pid is not None


def kill_group(pid_file: Path) -> None:
    """Kill the children that a process of `start` has left when it ended."""
    with suppress(OSError, ValueError):
        os.killpg(int(pid_file.read_text(encoding="ascii").split()[0]), signal.SIGKILL)


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log, for a message about the process that wrote it."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def _signal(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def _kill_group(pid: int) -> None:
    # `start` made it the leader of its group, so its own children, such as gunicorn's workers, are killed with it.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    _signal(pid, signal.SIGKILL)


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):  # Another run started it.
        os.waitpid(pid, os.WNOHANG)


def _born(pid: int) -> str:
    """Start time of a process in clock ticks since boot, or `gone` if there is none or only its zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return _GONE
    # The command's name, in parentheses, may hold spaces: count the fields after it. Source: proc(5).
    state, *fields = stat.rpartition(")")[2].split()
    return _GONE if state == "Z" else fields[18]
