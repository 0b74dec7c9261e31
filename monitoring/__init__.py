"""Monitoring of Halocline: generates rules and dashboards from the objectives.

slo.yaml and alerts.yaml are the sources; rules/*.yml and dashboards/out/*.json are generated and committed.
Runs on a developer's machine and in CI, is not part of the image, and imports nothing from app.
"""
