"""The state of the queue that workers publish: web processes have no access to the broker."""

from datetime import UTC, datetime

from app.domain.task_queue import QueuedTasks, QueueState
from app.extensions import mongo
from app.store import change_log, transactions

# The counter with the state.
_QUEUE = "queue"
# The tag of changes of the queue in the change log: open status pages refresh.
TAG = "queue"


def publish(state: QueueState) -> None:
    """Store the state of the queue."""
    tasks = [
        {"task": each.task, "waiting": each.waiting, "running": each.running, "oldest_at": each.oldest_at}
        for each in state.tasks
    ]
    mongo.db.counters.replace_one({"_id": _QUEUE}, {"at": state.at, "tasks": tasks}, upsert=True)


def published() -> QueueState | None:
    """The last state that a worker has published; None without one."""
    doc = mongo.db.counters.find_one({"_id": _QUEUE})
    if doc is None:
        return None
    tasks = (QueuedTasks(each["task"], each["waiting"], each["running"], each["oldest_at"]) for each in doc["tasks"])
    return QueueState(doc["at"], tuple(tasks))


def append_change() -> int:
    """Append a change of the queue to the change log; returns its number."""
    return transactions.run(lambda session: change_log.append((TAG,), datetime.now(UTC), session))
