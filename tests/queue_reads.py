"""What a full queue reports: every kind of task with its outcomes, and a schedule of five entries."""

from app.store.schedule_runs import ScheduleTimes
from app.store.task_counts import TaskCount
from app.tasks.broker import QUEUES, QueueState
from app.telemetry.queue_metrics import QueueReads

_ENDS = ("done", "failed", "parked")
_OUTCOMES = {
    "import": ("stored", "replaced", "unchanged", "refused", "failed", "parked"),
    **dict.fromkeys(("rebuild", "pull", "watch", "bucket", "backup", "schedule", "recover"), _ENDS),
    **dict.fromkeys(("verify", "restore-test"), ("differences", "empty", *_ENDS)),
}
_COUNTS = [TaskCount(task, outcome, 1, 1.0) for task, outcomes in _OUTCOMES.items() for outcome in outcomes]
_TIMES = dict.fromkeys((f"erddap-{number}" for number in range(5)), 1.0)

FULL = QueueReads(
    counts=lambda: _COUNTS,
    parked=lambda: 1,
    schedule=lambda: ScheduleTimes(_TIMES, _TIMES),
    state=lambda: QueueState(dict.fromkeys(QUEUES, 1), dict.fromkeys(QUEUES, 1.0), 1),
)
