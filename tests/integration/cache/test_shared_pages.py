"""Pages that one worker has rendered and another takes from Redis; none of them outlives what it shows."""

from collections.abc import Callable

from app import extensions
from tests.integration.cache.world import World, answer_of


def test_what_one_worker_has_rendered_another_takes_from_redis(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.look(0)
    made.look(1)
    first = made.workers[0].client.get("/missions", buffered=True)
    made.app.view_functions["missions.index"], kept = None, made.app.view_functions["missions.index"]
    try:
        assert made.workers[1].client.get("/missions", buffered=True).data == first.data
    finally:
        made.app.view_functions["missions.index"] = kept


def test_what_was_shared_before_a_change_is_not_taken(world: Callable[[], World]) -> None:
    made = world()
    made.workers[0].client.get("/missions", buffered=True)
    made.write(1)
    made.look(1)
    assert answer_of(made, 1, "/missions") == made.plain("/missions")
    assert b"p1/00001" in made.plain("/missions")[1]


def test_what_was_shared_before_a_restored_backup_is_not_taken(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.write(2)
    made.look(0)
    made.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    _forget_second_change()
    made.rendered = {}
    made.restart(1)
    assert answer_of(made, 1, "/missions") == made.plain("/missions")
    assert b"p2/00002" not in made.plain("/missions")[1]


def test_what_was_shared_before_a_restored_backup_that_was_continued_is_not_taken(world: Callable[[], World]) -> None:
    made = world()
    made.write(1)
    made.write(2)
    made.look(0)
    made.workers[0].client.get("/missions", buffered=True)
    extensions.mongo.db.missions.delete_one({"_id": "p2/00002"})
    _forget_second_change()
    made.write(3)
    made.restart(1)
    assert made.workers[0].watcher.mark != made.workers[1].watcher.mark
    assert answer_of(made, 1, "/missions") == made.plain("/missions")
    made.look(0)
    assert answer_of(made, 0, "/missions") == made.plain("/missions")
    assert b"p2/00002" not in made.plain("/missions")[1]


def _forget_second_change() -> None:
    """The log is as it was after the first change."""
    first = extensions.mongo.db.changes.find_one({"_id": 1})
    extensions.mongo.db.changes.delete_one({"_id": 2})
    extensions.mongo.db.counters.update_one({"_id": "changes"}, {"$set": {"n": 1, "word": first["word"]}})
