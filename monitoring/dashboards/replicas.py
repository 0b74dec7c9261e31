"""Panels on replicas and the autoscaler, of the overview and of the dashboard on capacity."""

from monitoring.dashboards.panels import RED, About, Panel, Query, lines, states, steps
from monitoring.dashboards.selectors import HPA, WEB
from monitoring.slo import Objectives


def numbers(objectives: Objectives) -> Panel:
    """Return the panel on ready and desired replicas, with the autoscaler's bounds."""
    return lines(
        About(
            "Replicas",
            "Ready below desired for minutes: describe the newest pod. Desired at the maximum: raise the maximum.",
            objectives.runbook_url("AppHpaAtMax"),
        ),
        "none",
        [
            Query(f"max(kube_deployment_status_replicas_ready{{{WEB}}})", "ready"),
            Query(f"max(kube_horizontalpodautoscaler_status_desired_replicas{{{HPA}}})", "desired"),
            Query(f"max(kube_horizontalpodautoscaler_spec_min_replicas{{{HPA}}})", "minimum"),
            Query(f"max(kube_horizontalpodautoscaler_spec_max_replicas{{{HPA}}})", "maximum"),
        ],
    )


def autoscaler(objectives: Objectives) -> list[Panel]:
    """Return the panels on the autoscaler's metric and on its conditions."""
    utilisation = f'{HPA},metric_target_type="utilization"'
    active = f'{HPA},condition="ScalingActive",status="true"'
    return [
        lines(
            About(
                "Autoscaler metric and target",
                "No current value: see AppHpaBlind. Above the target with replicas at the maximum: raise the maximum.",
                objectives.runbook_url("AppHpaBlind"),
            ),
            "percent",
            [
                Query(f"max(kube_horizontalpodautoscaler_status_target_metric{{{utilisation}}})", "current"),
                Query(f"max(kube_horizontalpodautoscaler_spec_target_metric{{{utilisation}}})", "target"),
            ],
        ),
        states(
            About(
                "Autoscaler reads its metric",
                "Red: the number of replicas does not change. Check metrics-server; scale by hand meanwhile.",
                objectives.runbook_url("AppHpaBlind"),
            ),
            [Query(f"max(kube_horizontalpodautoscaler_status_condition{{{active}}})", "scaling active")],
            steps((1, "green"), base=RED),
        ),
    ]
