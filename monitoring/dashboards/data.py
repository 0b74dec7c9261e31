"""Data: age of the latest observations, imports, derived documents, verification and backups."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards import board, expressions, uploads
from monitoring.dashboards.panels import RED, YELLOW, About, Panel, Query, figures, lines, steps
from monitoring.dashboards.tables import Column, Key, rows
from monitoring.slo import Objectives

HOUR_S = 3600
# The platforms that a table of one screen shows.
MOST_PLATFORMS = 20


def build(objectives: Objectives, limits: Mapping[str, float]) -> dashboard.Dashboard:
    """Return the dashboard; `limits` are those of the alerts."""
    return board.built(
        "data",
        "data",
        "Do observations arrive, are they imported, and are derived documents, checks and backups recent?",
        objectives,
        [
            ("Freshness", [fresh(objectives, width=6), _states(objectives), *_ages(objectives)]),
            ("Imports", [imports(objectives), *_imports(objectives)]),
            ("Derived documents", _derived(objectives)),
            ("Queue and schedule", _queue(objectives, limits)),
            ("Uploads and positions", uploads.panels(objectives)),
            (
                "Verification and backups",
                [*_verification(objectives, limits), backup(objectives, limits, width=6), *_backups(objectives)],
            ),
        ],
    )


def _quarter(objectives: Objectives, title: str, advice: str, alert: str) -> About:
    """Return the properties of a panel that takes a quarter of a row, with the runbook of an alert."""
    return About(title, advice, objectives.runbook_url(alert), width=6)


def _fresh_within_s(objectives: Objectives) -> float:
    """Return the age below which data are fresh, of the objective on freshness."""
    return next(slo.younger_s for slo in objectives.slos if slo.younger_s)


def fresh(objectives: Objectives, width: int = 8) -> Panel:
    """Return the panel on the share of platforms at sea with recent data."""
    return lines(
        About(
            "Platforms with fresh data",
            f"Share of platforms at sea with data of the last {_fresh_within_s(objectives) / HOUR_S:g} h. All fall: "
            "the import has stopped. One: ask its pilot.",
            objectives.runbook_url("DataFreshnessBudgetBurn"),
            width=width,
        ),
        "percentunit",
        [Query(expressions.fresh(_fresh_within_s(objectives)), "fresh")],
        [(float(slo.objective), YELLOW) for slo in objectives.slos if slo.younger_s],
    )


def imports(objectives: Objectives) -> Panel:
    """Return the panel on imported files."""
    return lines(
        About(
            "Imports by outcome, last hour",
            "Refused: `halocline ingest --dry-run` on the file reports the variable and the cause.",
            objectives.runbook_url("ImportsRefused"),
        ),
        "none",
        [Query(expressions.IMPORTS_PER_HOUR, "{{outcome}}")],
    )


def backup(objectives: Objectives, limits: Mapping[str, float], width: int = 8) -> Panel:
    """Return the panel on the age of the last backup."""
    return lines(
        About(
            "Age of the last backup",
            "Above the line: read the log of the last Job of the CronJob backup, then run it again by hand.",
            objectives.runbook_url("BackupTooOld"),
            width=width,
        ),
        "s",
        [Query(expressions.since("halocline_backup_timestamp_seconds"), "backup")],
        [(limits["BackupTooOld"], RED)],
    )


def _states(objectives: Objectives) -> Panel:
    return lines(
        _quarter(
            objectives,
            "Platforms at sea by state",
            "Silent rises by one: ask the pilot of that platform. By several: their provider's files have stopped.",
            "PlatformsSilent",
        ),
        "none",
        [Query(expressions.PLATFORMS, "{{state}}")],
    )


def _ages(objectives: Objectives) -> list[Panel]:
    oldest = f"topk({MOST_PLATFORMS}, {expressions.DATA_AGE})"
    return [
        rows(
            _quarter(
                objectives,
                "Age of the latest data by platform",
                "The oldest first. A platform that has been recovered leaves the list when its mission ends.",
                "ImportsRefused",
            ),
            Key("platform", "platform"),
            [Column(oldest, "age", "s", [(_fresh_within_s(objectives), RED)])],
            sort_by="age",
        ),
        lines(
            _quarter(
                objectives,
                "Oldest and median age",
                "The median rises: all platforms stop, so the import or its source. The oldest alone: one platform.",
                "ImportsRefused",
            ),
            "s",
            [
                Query(f"max({expressions.DATA_AGE})", "oldest"),
                Query(f"quantile(0.5, {expressions.DATA_AGE})", "median"),
            ],
            [(_fresh_within_s(objectives), YELLOW)],
        ),
    ]


def _imports(objectives: Objectives) -> list[Panel]:
    return [
        lines(
            About(
                "Profiles ingested, last hour",
                "Zero while files are imported: they are unchanged. Zero without imports: see the import Job.",
                objectives.runbook_url("ImportsRefused"),
            ),
            "none",
            [Query(expressions.PROFILES_PER_HOUR, "profiles")],
        ),
        lines(
            About(
                "From a change to fresh pages",
                "Seconds are normal. Minutes: the web pods cannot read the change log; MongoDB is slow or unreachable.",
                objectives.runbook_url("DependencyDown"),
            ),
            "s",
            [Query(expressions.CHANGE_LAG, "lag of the change log"), Query(expressions.PAGE_AGE, "age of pages")],
        ),
    ]


def _derived(objectives: Objectives) -> list[Panel]:
    return [
        lines(
            About(
                "Derived documents: oldest waiting rebuild",
                "0: none waits. One rises while imports run: its rebuild fails; read the log of the import.",
                objectives.runbook_url("DataDiffer"),
                width=16,
            ),
            "s",
            [Query(expressions.DERIVED_AGE, "{{document}}")],
        ),
        rows(
            About(
                "Derived documents now",
                "The longest wait first. The next import runs waiting rebuilds; `halocline verify --repair` does, too.",
                objectives.runbook_url("DataDiffer"),
            ),
            Key("document", "document"),
            [Column(expressions.DERIVED_AGE, "waiting", "s")],
            sort_by="waiting",
        ),
    ]


def _verification(objectives: Objectives, limits: Mapping[str, float]) -> list[Panel]:
    return [
        figures(
            _quarter(
                objectives,
                "Differences of the last verification",
                "More than 0: read the log of the Job verify, then `halocline verify --repair`.",
                "DataDiffer",
            ),
            "none",
            [Query(expressions.read_from_mongodb("halocline_verification_differences"), "differences")],
            steps((1, RED)),
        ),
        figures(
            _quarter(
                objectives,
                "Age of the checks, as a share of the limit",
                "At 100 % an alert fires: the nightly or the weekly Job failed; read its log and run it by hand.",
                "VerificationMissing",
            ),
            "percentunit",
            [
                Query(
                    f"({expressions.since(f'halocline_{metric}_timestamp_seconds')}) / {limits[alert]:g}",
                    metric.replace("_", " "),
                )
                for metric, alert in (("verified", "VerificationMissing"), ("restore_test", "RestoreTestTooOld"))
            ],
            steps((0.8, YELLOW), (1, RED)),
            decimals=0,
        ),
    ]


def _backups(objectives: Objectives) -> list[Panel]:
    return [
        lines(
            _quarter(
                objectives,
                "Size of the last backup",
                "A sudden fall: the backup lacks collections; run a restore test before you rely on it.",
                "RestoreTestTooOld",
            ),
            "bytes",
            [Query(expressions.read_from_mongodb("halocline_backup_bytes"), "stored size")],
        ),
    ]


def _queue(objectives: Objectives, limits: Mapping[str, float]) -> list[Panel]:
    return [
        lines(
            _quarter(
                objectives,
                "Tasks that wait or run",
                "It rises and no task runs: no worker is up. It rises while tasks run: more workers, or patience.",
                "QueueOld",
            ),
            "none",
            [Query(expressions.QUEUE_DEPTH, "{{queue}}"), Query(expressions.TASKS_RUNNING, "with workers")],
        ),
        lines(
            _quarter(
                objectives,
                "Oldest waiting task",
                "Above the line: `halocline tasks state`, then the log of the workers.",
                "QueueOld",
            ),
            "s",
            [Query(expressions.QUEUE_AGE, "{{queue}}")],
            [(limits["QueueOld"], RED)],
        ),
        lines(
            _quarter(
                objectives,
                "Attempts by outcome, last hour",
                "`failed` is tried again; `parked` waits for you: `halocline tasks parked` names the cause.",
                "TasksParked",
            ),
            "none",
            [Query(expressions.TASKS_PER_HOUR, "{{outcome}}"), Query(expressions.TASKS_PARKED, "parked now")],
        ),
        lines(
            _quarter(
                objectives,
                "Lateness of the schedule",
                "Negative until an entry is due. Above the line: no beat runs, or maintenance is occupied.",
                "ScheduleMissed",
            ),
            "s",
            [Query(expressions.SCHEDULE_LATENESS, "{{entry}}")],
            [(limits["ScheduleMissed"], RED)],
        ),
    ]
