"""Label selectors of the panels' queries, with the dashboard's variables."""

DURATION = "http_server_request_duration_seconds"
APP = 'namespace="$namespace",job="${service}-web"'
ROUTED = f'{APP},http_route=~"$route"'
SLO = 'namespace="$namespace",service="$service"'
WEB = 'namespace="$namespace",deployment="web"'
HPA = 'namespace="$namespace",horizontalpodautoscaler="web"'
POD = 'namespace="$namespace",pod=~"web-.+",container="app"'
