"""Panels on the files and positions that clients send."""

from monitoring.dashboards.panels import About, Panel, Query, lines
from monitoring.dashboards.selectors import UPLOAD, WINDOW
from monitoring.slo import Objectives


def panels(objectives: Objectives) -> list[Panel]:
    """Return the panels of the row; each pod counts what it received itself, so that sums are right."""
    return [
        lines(
            _about(
                objectives,
                "Uploads by outcome, last hour",
                "`failed` or not queued: MongoDB or the broker. `broken`: the client or its network. "
                "`refused`: the sender reads the reason.",
                "UploadsNotQueued",
            ),
            "none",
            [
                Query(f"sum by (outcome) (increase(halocline_uploads_total{{{UPLOAD}}}[1h]))", "{{outcome}}"),
                Query(f"sum(increase(halocline_uploads_not_queued_total{{{UPLOAD}}}[1h]))", "not queued"),
            ],
        ),
        lines(
            _about(
                objectives,
                "Bytes of uploads",
                "Zero while files are received: they arrive, but none is complete; see `broken` on the left.",
                "UploadsNotQueued",
            ),
            "Bps",
            [Query(f"sum(rate(halocline_upload_bytes_total{{{UPLOAD}}}[{WINDOW}]))", "received")],
        ),
        lines(
            _about(
                objectives,
                "Uploads in progress",
                "At HALOCLINE_UPLOADS in each pod, further uploads get 503 and are sent again: add a pod.",
                "UploadsNotQueued",
            ),
            "none",
            [Query(f"sum by (pod) (halocline_uploads_in_progress{{{UPLOAD}}})", "{{pod}}")],
        ),
        lines(
            _about(
                objectives,
                "Reported positions, last hour",
                "`signature`: the secret of a sender is wrong, or not rotated everywhere. `unavailable`: MongoDB.",
                "DataStale",
            ),
            "none",
            [
                Query(f"sum by (outcome) (increase(halocline_positions_total{{{UPLOAD}}}[1h]))", "{{outcome}}"),
                Query(
                    f"sum by (reason) (increase(halocline_position_webhooks_refused_total{{{UPLOAD}}}[1h]))",
                    "webhooks refused: {{reason}}",
                ),
            ],
        ),
    ]


def _about(objectives: Objectives, title: str, advice: str, alert: str) -> About:
    return About(title, advice, objectives.runbook_url(alert), width=6)
