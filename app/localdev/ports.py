"""TCP ports on the loopback interface: free ones, and the ports that the servers of a folder used before."""

import socket
import time
from pathlib import Path

# A client that goes on connecting to a stopped server can be given the very port for its own end, for a moment.
_BUSY_S = 2.0


def free_port() -> int:
    """A TCP port on the loopback interface without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """True if a server can bind this port now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return port != 0


def assigned(home: Path, name: str) -> int:
    """The port for a server `name` that starts: the one that it used before, or else a free one, which is recorded."""
    port, until = recorded(home, name), time.monotonic() + _BUSY_S
    while port and not is_free(port) and time.monotonic() < until:
        time.sleep(0.05)
    return record(home, name, port if is_free(port) else free_port())


def recorded(home: Path, name: str) -> int:
    """The port that the server `name` of this folder used before; 0 if it has not run."""
    try:
        return int((home / f"{name}.port").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def record(home: Path, name: str, port: int) -> int:
    """Record the port of the server `name` in the folder; returns it."""
    (home / f"{name}.port").write_text(f"{port}\n", encoding="ascii")
    return port
