"""A folder as the target of a backup, such as a mounted volume."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.errors import RunFailed

# Of files that are being written.
_UNFINISHED = ".unfinished"


class Folder:
    """Objects as files. A file appears under its name when all its bytes are on the disk."""

    def __init__(self, root: Path, create: bool) -> None:
        """Raises RunFailed if the folder does not exist; with `create`, only if the one above it does not."""
        self._root = root
        try:
            if create:
                root.mkdir(exist_ok=True)
            if not root.is_dir():
                raise RunFailed(f"The folder {root} does not exist")
        except OSError as error:
            raise RunFailed(f"The folder {root} cannot be created: {error.strerror}") from error

    def put(self, name: str, data: bytes) -> None:
        path = self._root / name
        unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync(path.parent)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise RunFailed(f"{path} cannot be written: {error.strerror}. Mend this and try again.") from error

    def get(self, name: str) -> bytes | None:
        path = self._root / name
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise RunFailed(f"{path} cannot be read: {error.strerror}") from error

    def holds(self, name: str, data: bytes) -> bool:
        # Reads the file: a disk may have lost a bit since an earlier backup wrote it.
        return self.get(name) == data

    def names(self, under: str) -> Iterator[str]:
        def fail(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise RunFailed(f"{error.filename} cannot be listed: {error.strerror}") from error

        for folder, _, files in os.walk(self._root / under, onerror=fail):
            for file in files:
                yield Path(folder, file).relative_to(self._root).as_posix()

    def delete(self, name: str) -> None:
        path = self._root / name
        try:
            path.unlink(missing_ok=True)
            # The folder of a backup; that of parts may have others.
            with suppress(OSError):
                path.parent.rmdir()
        except OSError as error:
            raise RunFailed(f"{path} cannot be deleted: {error.strerror}") from error


def _sync(folder: Path) -> None:
    """Write the entries of a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
