"""TCP ports for servers that a test starts; no other test process uses the same port.

`bind` to port 0 would return a port that is free now, but another process could take it before the server binds it.
The kernel never assigns ports below the ephemeral range; a locked file reserves a port among test processes.
"""

import fcntl
import os
import tempfile
from pathlib import Path

from app.localdev import ports

# Linux's ephemeral range begins at 32768 (net.ipv4.ip_local_port_range).
_FIRST, _LAST = 21_000, 32_000


def reserve() -> int:
    """A TCP port on the loopback interface without a listener, reserved until this process ends."""
    folder = Path(tempfile.gettempdir()) / "halocline-test-ports"
    folder.mkdir(exist_ok=True)
    for port in range(_FIRST, _LAST):
        # A descriptor, not a file object: it stays open until the process ends.
        lock = os.open(folder / str(port), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        if ports.is_free(port):
            return port
        os.close(lock)
    raise RuntimeError(f"no free port from {_FIRST} to {_LAST}")
