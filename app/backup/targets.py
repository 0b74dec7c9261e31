"""The target of a backup: named objects of a few megabytes, in a folder or in an S3-compatible store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from app.backup import folder
from app.config import Settings
from app.errors import Invalid

_S3 = "s3://"


class Target(Protocol):
    """Objects by name, such as `parts/ab/abcd.bson.gz`. Methods raise RunFailed if the target fails."""

    def put(self, name: str, data: bytes) -> None:
        """Store an object, whole or not at all, replacing an earlier one."""

    def get(self, name: str) -> bytes | None:
        """The content of an object; None if it does not exist."""

    def holds(self, name: str, data: bytes) -> bool:
        """True if the object exists with this content."""

    def names(self, under: str) -> Iterator[str]:
        """The names of all objects under a folder, in any order."""

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""


def opened(target: str, settings: Settings, create: bool = False) -> Target:
    """The target of this name: a path, or `s3://bucket/prefix`. `create`: create a folder that does not exist.

    Raises Invalid for a name that is no target, and RunFailed if a folder cannot be used.
    """
    if target.startswith(_S3):
        # Loaded here: only this kind of target needs the library.
        from app.backup import bucket

        return bucket.opened(target.removeprefix(_S3), settings)
    if "://" in target:
        raise Invalid("target", "must be a folder or s3://BUCKET/PREFIX")
    return folder.Folder(Path(target), create)
