"""API keys: one document a key, with the digest of its secret. A revoked key stays, for the audit log."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.api_keys import Digest, Key
from app.extensions import mongo

Document = dict[str, Any]

_MOST = 10_000
# A feed may send several files a second: one write a minute is enough to see that a key is in use.
_USE_NOTED_EVERY = timedelta(minutes=1)


def find(key_id: str, session: ClientSession | None = None) -> tuple[Key, Digest] | None:
    """The key with this id and the digest of its secret, or None. The key may be revoked or expired."""
    doc = mongo.db.api_keys.find_one({"_id": key_id}, session=session)
    return (_key(doc), Digest(**doc["digest"])) if doc else None


def listed() -> list[Key]:
    """All keys, the newest first."""
    cursor = mongo.db.api_keys.find({}, {"digest": 0}).sort("created_at", -1).limit(_MOST)
    return [_key(doc) for doc in cursor]


def is_name_in_use(name: str, at: datetime, session: ClientSession) -> bool:
    """True if a key with this name is valid at the moment."""
    query = {"name": name, "revoked_at": None, "expires_at": {"$gt": at}}
    return mongo.db.api_keys.find_one(query, {"_id": 1}, session=session) is not None


def put(key: Key, digest: Digest, session: ClientSession) -> None:
    """Store a new key."""
    doc = asdict(key)
    mongo.db.api_keys.insert_one({"_id": doc.pop("id"), **doc, "digest": asdict(digest)}, session=session)


def revoke(key_id: str, at: datetime, session: ClientSession) -> None:
    """Revoke a key; the time of an earlier revocation stays."""
    mongo.db.api_keys.update_one({"_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": at}}, session=session)


def note_use(key: Key, at: datetime) -> None:
    """Store when the key was used last, at most once a minute."""
    if key.last_used_at is None or at - key.last_used_at >= _USE_NOTED_EVERY:
        mongo.db.api_keys.update_one({"_id": key.id}, {"$max": {"last_used_at": at}})


def _key(doc: Document) -> Key:
    fields = {name: doc[name] for name in Key.__slots__ if name in doc}
    return Key(**{**fields, "id": doc["_id"], "roles": tuple(doc["roles"])})
