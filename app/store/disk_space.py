"""The free space on the disk of MongoDB, which ends without an answer to its clients when the disk is full."""

from collections.abc import Callable
from time import monotonic

from app.errors import RunFailed
from app.extensions import mongo

# Two files of MongoDB's journal of 100 MB each, and the working memory of a checkpoint.
_RESERVE_BYTES = 256 << 20
# Others write, too. A reading takes 3 ms, a tenth of the import of a small file.
_READ_EVERY_S = 10.0
_MB = 1_000_000


class DiskSpace:
    """The space that an import may still fill, by the last reading and what was written since."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._left_bytes = 0.0
        self._read_at_s = float("-inf")

    def require(self, size_bytes: int) -> None:
        """Count these bytes as written. Raises RunFailed unless the disk of the primary has space for them.

        Does nothing if MongoDB does not report the size of its disk, as some hosted services.
        """
        if size_bytes > self._left_bytes or self._clock() - self._read_at_s > _READ_EVERY_S:
            self._left_bytes, self._read_at_s = _free_bytes() - _RESERVE_BYTES, self._clock()
        if size_bytes > self._left_bytes:
            free, needed = self._left_bytes + _RESERVE_BYTES, size_bytes + _RESERVE_BYTES
            raise RunFailed(
                f"The disk of MongoDB is full: {free / _MB:.0f} MB are free, {needed / _MB:.0f} MB are needed."
                " Free some space and try again."
            )
        self._left_bytes -= size_bytes


def _free_bytes() -> float:
    stats = mongo.db.command("dbStats")
    total = stats.get("fsTotalSize")
    return float(total - stats["fsUsedSize"]) if total else float("inf")
