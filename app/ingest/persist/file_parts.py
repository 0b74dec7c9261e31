"""The files of a stored mission: one, or consecutive parts, which its metadata list."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.ingest.interpret.part_join import FilePart

Document = Mapping[str, Any]
# The metadata field with the parts.
FIELD = "parts"
# Every list of missions includes the names of the parts.
MOST_PARTS = 200


def fields(files: Sequence[FilePart]) -> dict[str, list[dict[str, Any]]]:
    """The metadata of a mission in several files; nothing for a single one."""
    if len(files) < 2:
        return {}
    return {FIELD: [_described(file) for file in files]}


def of_mission(doc: Document) -> tuple[FilePart, ...]:
    """The files of a stored mission, oldest data first; none for one that consists of single profiles."""
    if parts := doc["metadata"].get(FIELD):
        return tuple(map(_part, parts))
    source, figures = doc["source"], doc["figures"]
    if source["scope"] != "mission":
        return ()
    span = figures["start_at"], figures["end_at"]
    names = source["file_name"], source["sha256"], source["size_bytes"]
    return (FilePart(*names, *span, source.get("modified_at")),)


def described(parts: Sequence[Document]) -> tuple[FilePart, ...]:
    """The files that these entries of the metadata describe."""
    return tuple(map(_part, parts))


def digests(doc: Document) -> list[str]:
    """The digests of the parts of a mission; none for a mission in one file."""
    return [str(part["sha256"]) for part in doc["metadata"].get(FIELD, ())]


def _described(file: FilePart) -> dict[str, Any]:
    return {
        "file_name": file.file_name,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "start_at": _text(file.start_at),
        "end_at": _text(file.end_at),
        **({} if file.modified_at is None else {"modified_at": _text(file.modified_at)}),
    }


def _part(described: Document) -> FilePart:
    return FilePart(
        described["file_name"],
        described["sha256"],
        described["size_bytes"],
        _moment(described["start_at"]),
        _moment(described["end_at"]),
        _moment(described["modified_at"]) if "modified_at" in described else None,
    )


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
