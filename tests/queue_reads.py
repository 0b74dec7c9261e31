"""What a full queue reports: every kind of task and outcome, and a long schedule."""

from app.store.schedule_runs import ScheduleTimes
from app.store.task_counts import TaskCount
from app.tasks.broker import QUEUES, QueueState
from app.telemetry.queue_metrics import QueueReads

_KINDS = ("import", "rebuild", "pull", "watch", "verify", "backup", "restore-test", "schedule", "recover")
_OUTCOMES = ("stored", "replaced", "unchanged", "refused", "done", "empty", "differences", "failed", "parked")
_ENTRIES = tuple(f"erddap-{number}" for number in range(20))
_TIMES = dict.fromkeys(_ENTRIES, 1.0)

FULL = QueueReads(
    counts=lambda: [TaskCount(kind, outcome, 1, 1.0) for kind in _KINDS for outcome in _OUTCOMES],
    parked=lambda: 1,
    schedule=lambda: ScheduleTimes(_TIMES, _TIMES),
    state=lambda: QueueState(dict.fromkeys(QUEUES, 1), dict.fromkeys(QUEUES, 1.0), 1),
)
