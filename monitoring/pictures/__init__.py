"""Pictures of the dashboards: Grafana's own panel components draw a dashboard's JSON with live answers of Prometheus.

`python -m monitoring.pictures --help`. Uses only the standard library, except for the browser and for smaller files.
"""
