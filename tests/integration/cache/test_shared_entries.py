"""Workers share pages through Redis, and use no entry from before a change or a restored backup."""

from collections.abc import Callable

from app import extensions
from tests.integration.cache.world import World


def test_a_worker_takes_a_page_from_redis_that_another_one_rendered(make_world: Callable[[], World]) -> None:
    world = make_world()
    world.write(1)
    world.poll(0)
    world.poll(1)
    first = world.workers[0].client.get("/missions", buffered=True)
    world.app.view_functions["missions.index"], view = None, world.app.view_functions["missions.index"]
    try:
        assert world.workers[1].client.get("/missions", buffered=True).data == first.data
    finally:
        world.app.view_functions["missions.index"] = view


def test_an_entry_in_redis_from_before_a_change_is_not_used(make_world: Callable[[], World]) -> None:
    world = make_world()
    world.workers[0].client.get("/missions", buffered=True)
    world.write(1)
    world.poll(1)
    assert world.workers[1].get("/missions") == world.uncached("/missions")
    assert b"p1/00001" in world.uncached("/missions")[1]


def test_an_entry_in_redis_from_before_a_restored_backup_is_not_used(make_world: Callable[[], World]) -> None:
    world = make_world()
    world.write(1)
    world.write(2)
    world.poll(0)
    world.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    _restore_first_change()
    world.rendered = {}
    world.restart(1)
    assert world.workers[1].get("/missions") == world.uncached("/missions")
    assert b"p2/00002" not in world.uncached("/missions")[1]


def test_an_entry_in_redis_is_not_used_after_a_restored_backup_with_new_changes(
    make_world: Callable[[], World],
) -> None:
    world = make_world()
    world.write(1)
    world.write(2)
    world.poll(0)
    world.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    _restore_first_change()
    world.write(3)
    world.restart(1)
    assert world.workers[0].follower.mark != world.workers[1].follower.mark
    assert world.workers[1].get("/missions") == world.uncached("/missions")
    world.poll(0)
    assert world.workers[0].get("/missions") == world.uncached("/missions")
    assert b"p2/00002" not in world.uncached("/missions")[1]


def _restore_first_change() -> None:
    """Set the change log back to its state after the first change."""
    first = extensions.mongo.db.changes.find_one({"_id": 1})
    extensions.mongo.db.changes.delete_one({"_id": 2})
    extensions.mongo.db.counters.update_one({"_id": "changes"}, {"$set": {"n": 1, "word": first["word"]}})
