"""TCP ports on the loopback interface: free ones, and the ports that the servers of a folder used before."""

import socket
from pathlib import Path


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
