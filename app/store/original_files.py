"""Original files by their SHA-256 in the layout of GridFS: any GridFS client reads them.

GridFS's own upload is not idempotent. Here every chunk has one possible id and content, so an upload that was killed,
or two at once, end in the same documents.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from app.extensions import mongo
from app.store import bulk

BUCKET = "originals"
# GridFS's default.
_CHUNK_BYTES = 255 * 1024
_CHUNKS_AT_ONCE = 32
_LONGEST_NAME = 120


def keep(sha256: str, path: Path, name: str, at: datetime) -> bool:
    """Store the file once; later calls do nothing. False, and nothing stored, if its bytes have another digest."""
    files, chunks = mongo.db[f"{BUCKET}.files"], mongo.db[f"{BUCKET}.chunks"]
    if files.find_one({"_id": sha256}, {"_id": 1}) is not None:
        return True
    length, digest = 0, hashlib.sha256()
    for batch in _batches(sha256, path):
        for chunk in batch:
            length += len(chunk["data"])
            digest.update(chunk["data"])
        # Existing chunks may be of a file that changed under a killed importer: they are replaced.
        bulk.put(chunks, batch, afresh=True)
    if digest.hexdigest() != sha256:
        chunks.delete_many({"files_id": sha256})
        return False
    # The file exists once its chunks do.
    about = {"length": length, "chunkSize": _CHUNK_BYTES, "uploadDate": at, "filename": name}
    files.update_one({"_id": sha256}, {"$setOnInsert": about}, upsert=True)
    return True


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


def digests() -> Iterator[str]:
    """The SHA-256 under which each file is stored, in order."""
    for doc in mongo.db[f"{BUCKET}.files"].find({}, {"_id": 1}).sort("_id", 1):
        yield str(doc["_id"])


def beginning_with(digest: str, limit: int) -> list[str]:
    """At most `limit` SHA-256 of stored files that begin with these hexadecimal digits."""
    # "g" is beyond all hexadecimal digits.
    query = {"_id": {"$gte": digest, "$lt": f"{digest}g"}}
    return [str(doc["_id"]) for doc in mongo.db[f"{BUCKET}.files"].find(query, {"_id": 1}).sort("_id", 1).limit(limit)]


def write(digest: str, folder: Path) -> Path:
    """Write a stored file into the folder, under its name if it is a plain one. Raises LookupError without the file."""
    about = mongo.db[f"{BUCKET}.files"].find_one({"_id": digest}, {"filename": 1})
    if about is None:
        raise LookupError(digest)
    # The name may be the URL of a download.
    name = Path(str(about["filename"])).name
    path = folder / (name if 0 < len(name) <= _LONGEST_NAME and name not in (".", "..") else "data")
    with path.open("wb") as stream:
        for chunk in (
            mongo.db[f"{BUCKET}.chunks"].find({"files_id": digest}, {"data": 1}).sort([("files_id", 1), ("n", 1)])
        ):
            stream.write(chunk["data"])
    return path


def sha256_of(digest: str) -> str:
    """The SHA-256 of the stored bytes of the file, whose key it should equal."""
    found = hashlib.sha256()
    query = {"files_id": digest}
    for chunk in mongo.db[f"{BUCKET}.chunks"].find(query, {"data": 1}).sort([("files_id", 1), ("n", 1)]).batch_size(20):
        found.update(chunk["data"])
    return found.hexdigest()
