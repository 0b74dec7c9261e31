"""Metrics and logs of a process: every instrument is declared in `metrics`, `observe` counts and logs each request.

`exposition` and `metrics_server` serve the metrics of all workers; `metric_slots` names their files (ADR 4).
"""
