"""Label selectors of the panels' queries, with the variables of the dashboards."""

DURATION = "http_server_request_duration_seconds"
APP = 'namespace="$namespace",job="${service}-web"'
LIVE = 'namespace="$namespace",job=~"${service}-(web|live)"'
# The pods that receive uploads; the web pods themselves where one process does both.
UPLOAD = 'namespace="$namespace",job=~"${service}-(web|upload)"'
# All pods that check their dependencies.
SERVING = 'namespace="$namespace",job=~"${service}-(web|live|upload)"'
ROUTED = f'{APP},http_route=~"$route"'
SLO = 'namespace="$namespace",service="$service"'
PROBE = 'namespace="$namespace",job="${service}-probe"'
NAMESPACE = 'namespace="$namespace"'
WEB = f'{NAMESPACE},deployment="web"'
HPA = f'{NAMESPACE},horizontalpodautoscaler="web"'
POD = f'{NAMESPACE},pod=~"web-.+",container="app"'
# Grafana sets it to at least four scrape intervals, so that each window of `rate` has enough samples.
WINDOW = "$__rate_interval"
