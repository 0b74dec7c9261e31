"""What watches Halocline: objectives in, rules and dashboards out.

slo.yaml and alerts.yaml are the source; rules/*.yml and dashboards/out/*.json are generated and committed.
Runs on a developer's machine and in CI, never in the image; imports nothing from app.
"""
