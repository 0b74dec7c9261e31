"""Dashboards as code: each module builds one, `rendered` turns all into Grafana's classic JSON."""
def rendered(objectives):
    return {}
