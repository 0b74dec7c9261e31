"""Reports of errors to Sentry: each log message of level error with an exception. Off unless SENTRY_DSN is set.

The package is optional (requirements/tracing.txt), so it is imported by the functions that use it.
"""

from typing import Any

from app.config import Settings
from app.telemetry import logs


def start(settings: Settings, version: str) -> None:
    """Report errors of this process from now on. Call it after the fork: the library sends them in a thread."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        release=f"halocline@{version}",
        environment=settings.environment,
        # Its integrations would add headers, addresses and queries of requests.
        default_integrations=False,
        auto_enabling_integrations=False,
        # As in the logs: they may contain a URL with a password or a whole file.
        include_local_variables=False,
        send_default_pii=False,
    )
    logs.report_errors(_report)


def stop() -> None:
    """Send the last reports."""
    import sentry_sdk

    logs.report_errors(None)
    sentry_sdk.flush(timeout=2)


def _report(event: dict[str, Any], error: BaseException) -> None:
    import sentry_sdk

    tags = {name: str(event[name]) for name in ("event", "request_id", "trace_id") if name in event}
    with sentry_sdk.new_scope() as scope:
        scope.set_tags(tags)
        sentry_sdk.capture_exception(error)
