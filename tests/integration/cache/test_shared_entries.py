"""Workers share pages through Redis, and use no entry from before a change or a restored backup."""

from collections.abc import Callable

from app import extensions
from tests.integration.cache.world import World


def test_a_worker_takes_a_page_from_redis_that_another_one_rendered(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.poll(0)
    made.poll(1)
    first = made.workers[0].client.get("/missions", buffered=True)
    made.app.view_functions["missions.index"], view = None, made.app.view_functions["missions.index"]
    try:
        assert made.workers[1].client.get("/missions", buffered=True).data == first.data
    finally:
        made.app.view_functions["missions.index"] = view


def test_an_entry_in_redis_from_before_a_change_is_not_used(world: Callable[[], World]) -> None:
    made = world()
    made.workers[0].client.get("/missions", buffered=True)
    made.write(1)
    made.poll(1)
    assert made.workers[1].get("/missions") == made.uncached("/missions")
    assert b"p1/00001" in made.uncached("/missions")[1]


def test_an_entry_in_redis_from_before_a_restored_backup_is_not_used(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.write(2)
    made.poll(0)
    made.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    _restore_first_change()
    made.rendered = {}
    made.restart(1)
    assert made.workers[1].get("/missions") == made.uncached("/missions")
    assert b"p2/00002" not in made.uncached("/missions")[1]


def test_an_entry_in_redis_is_not_used_after_a_restored_backup_with_new_changes(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.write(2)
    made.poll(0)
    made.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    _restore_first_change()
    made.write(3)
    made.restart(1)
    assert made.workers[0].follower.mark != made.workers[1].follower.mark
    assert made.workers[1].get("/missions") == made.uncached("/missions")
    made.poll(0)
    assert made.workers[0].get("/missions") == made.uncached("/missions")
    assert b"p2/00002" not in made.uncached("/missions")[1]


def _restore_first_change() -> None:
    """Set the change log back to its state after the first change."""
    first = extensions.mongo.db.changes.find_one({"_id": 1})
    extensions.mongo.db.changes.delete_one({"_id": 2})
    extensions.mongo.db.counters.update_one({"_id": "changes"}, {"$set": {"n": 1, "word": first["word"]}})
