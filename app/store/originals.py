"""Original files by their SHA-256, as GridFS lays them out: any GridFS client reads them.

Written by hand because GridFS's own upload is not repeatable: here every chunk has one possible id and content, so a
killed upload, or two at once, end in the same documents.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pymongo.errors import BulkWriteError

from app.extensions import mongo

BUCKET = "originals"
# GridFS's default.
_CHUNK_BYTES = 255 * 1024
_CHUNKS_AT_ONCE = 32
_DUPLICATE_KEY = 11000


def keep(sha256: str, path: Path, name: str, at: datetime) -> None:
    """Stores the file once under its name; a second time does nothing."""
    files, chunks = mongo.db[f"{BUCKET}.files"], mongo.db[f"{BUCKET}.chunks"]
    if files.find_one({"_id": sha256}, {"_id": 1}) is not None:
        return
    length = 0
    for batch in _batches(sha256, path):
        length += sum(len(chunk["data"]) for chunk in batch)
        try:
            chunks.insert_many(batch, ordered=False)
        except BulkWriteError as error:
            if any(problem["code"] != _DUPLICATE_KEY for problem in error.details["writeErrors"]):
                raise
    # The file exists once its chunks do.
    about = {"length": length, "chunkSize": _CHUNK_BYTES, "uploadDate": at, "filename": name}
    files.update_one({"_id": sha256}, {"$setOnInsert": about}, upsert=True)


def _batches(sha256: str, path: Path) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    with path.open("rb") as stream:
        number = 0
        while data := stream.read(_CHUNK_BYTES):
            batch.append({"_id": f"{sha256}/{number}", "files_id": sha256, "n": number, "data": data})
            number += 1
            if len(batch) == _CHUNKS_AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch
