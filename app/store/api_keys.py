"""API keys: one document a key, with the digest of its secret. A revoked key stays, for the audit log.

The use of keys is in a collection of its own: the account that receives uploads writes it, and can change no key.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.api_keys import Digest, Key
from app.extensions import mongo

Document = dict[str, Any]

_MOST = 10_000
# Fields of a key that are in `api_key_uses`.
_OF_USE = frozenset({"last_used_at", "uses"})


def find(key_id: str, session: ClientSession | None = None) -> tuple[Key, Digest] | None:
    """The key with this id and the digest of its secret, or None. The key may be revoked or expired."""
    doc = mongo.db.api_keys.find_one({"_id": key_id}, session=session)
    return (_key(doc), Digest(**doc["digest"])) if doc else None


def listed() -> list[Key]:
    """All keys with their use, the newest first."""
    docs = list(mongo.db.api_keys.find({}, {"digest": 0}).sort("created_at", -1).limit(_MOST))
    uses = {doc["_id"]: doc for doc in mongo.db.api_key_uses.find({"_id": {"$in": [doc["_id"] for doc in docs]}})}
    return [_key({**doc, **uses.get(doc["_id"], {})}) for doc in docs]


def is_name_in_use(name: str, at: datetime, session: ClientSession) -> bool:
    """True if a key with this name is valid at the moment."""
    query = {"name": name, "revoked_at": None, "expires_at": {"$gt": at}}
    return mongo.db.api_keys.find_one(query, {"_id": 1}, session=session) is not None


def put(key: Key, digest: Digest, session: ClientSession) -> None:
    """Store a new key."""
    doc = {name: value for name, value in asdict(key).items() if name not in _OF_USE}
    mongo.db.api_keys.insert_one({"_id": doc.pop("id"), **doc, "digest": asdict(digest)}, session=session)


def revoke(key_id: str, at: datetime, session: ClientSession) -> None:
    """Revoke a key; the time of an earlier revocation stays."""
    mongo.db.api_keys.update_one({"_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": at}}, session=session)


def note_use(key_id: str, at: datetime) -> None:
    """Count a use of the key, and store its time."""
    use = {"$max": {"last_used_at": at}, "$inc": {"uses": 1}}
    mongo.db.api_key_uses.update_one({"_id": key_id}, use, upsert=True)


def _key(doc: Document) -> Key:
    fields = {name: doc[name] for name in Key.__slots__ if name in doc}
    return Key(**{**fields, "id": doc["_id"], "roles": tuple(doc["roles"])})
