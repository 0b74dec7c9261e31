"""The paths of the Kubernetes probes: never counted, logged, limited or hit by an injected fault."""

LIVE = "/livez"
READY = "/readyz"
STARTED = "/startupz"
PATHS = frozenset({LIVE, READY, STARTED})
