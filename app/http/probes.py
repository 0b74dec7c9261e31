"""The paths that Kubernetes asks: never counted, logged, limited or made to fail on purpose."""

LIVE = "/livez"
READY = "/readyz"
STARTED = "/startupz"
PATHS = frozenset({LIVE, READY, STARTED})
