"""Traces by OTLP: a span for each request that a thread answers, and one for each command of MongoDB within it.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set. The packages are optional (requirements/tracing.txt), so they are
imported by the functions that use them.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app.config import Settings
from app.http import probes
from app.server.exchange import IN_EVENT_LOOP
from app.telemetry.observe import ROUTE, TRACE_ID
from app.telemetry.request_series import UNMATCHED, method_label

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A receiver that does not answer must not delay the end of a worker; spans are then lost.
_EXPORT_TIMEOUT_S = 5


class Tracing:
    """The tracer of a process. Build it after the fork, because it starts a thread that sends the spans."""

    def __init__(self, settings: Settings, version: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

        resource = {
            "service.name": "halocline",
            "service.version": version,
            "deployment.environment.name": settings.environment,
        }
        exporter = OTLPSpanExporter(
            endpoint=f"{str(settings.otel_exporter_otlp_endpoint).rstrip('/')}/v1/traces",
            headers=dict(pair.split("=", 1) for pair in settings.otel_headers),
            timeout=_EXPORT_TIMEOUT_S,
        )
        ratio = TraceIdRatioBased(settings.otel_traces_sampler_arg)
        self._provider = TracerProvider(
            # Callers are strangers: their wish to trace, or not to, is no decision of ours.
            sampler=ParentBased(ratio, remote_parent_sampled=ratio, remote_parent_not_sampled=ratio),
            # Adds those of OTEL_RESOURCE_ATTRIBUTES, such as the names of the pod and the node.
            resource=Resource.create(resource),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("halocline", version)

    def layer(self) -> "Callable[[WSGIApplication], WSGIApplication]":
        """The WSGI layer that traces requests."""
        return partial(_Traces, tracer=self._tracer)

    def listener(self) -> CommandListener:
        """The listener that traces commands of MongoDB."""
        return _Commands(self._tracer)

    def stop(self) -> None:
        """Send the last spans."""
        self._provider.shutdown()


class _Traces:
    """WSGI layer. A request that the event loop answers has no span: it takes less time than the span would."""

    def __init__(self, app: "WSGIApplication", tracer: Any) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._app, self._tracer, self._trace = app, tracer, trace
        self._propagator = TraceContextTextMapPropagator()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if IN_EVENT_LOOP in environ or environ.get("PATH_INFO") in probes.PATHS:
            return self._app(environ, start_response)
        carrier = {
            name: environ[key]
            for name, key in (("traceparent", "HTTP_TRACEPARENT"), ("tracestate", "HTTP_TRACESTATE"))
            if key in environ
        }
        method = method_label(environ.get("REQUEST_METHOD", ""))
        span = self._tracer.start_span(
            method,
            context=self._propagator.extract(carrier),
            kind=self._trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "url.path": environ.get("PATH_INFO", "")},
        )
        environ[TRACE_ID] = f"{span.get_span_context().trace_id:032x}"
        exchange = _Traced(environ, start_response, span)
        try:
            with self._trace.use_span(span, end_on_exit=False):
                exchange.body = self._app(environ, exchange.start_response)
        except BaseException:
            exchange.end()
            raise
        return exchange


class _Traced:
    """The body of a traced response. The span ends when the server closes it."""

    body: Iterable[bytes]

    def __init__(self, environ: "WSGIEnvironment", start_response: "StartResponse", span: Any) -> None:
        self._environ, self._start_response, self._span = environ, start_response, span
        # As in `Observe`: a response that never starts is an error.
        self._status = 500

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self._status = int(status[:3])
        return self._start_response(status, headers, exc_info)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.body)

    def close(self) -> None:
        """Called by the server after the response."""
        try:
            if hasattr(body := self.body, "close"):
                body.close()
        finally:
            self.end()

    def end(self) -> None:
        """End the span, named after the route, which is known by now."""
        from opentelemetry.trace import Status, StatusCode

        route = self._environ.get(ROUTE) or UNMATCHED
        self._span.update_name(f"{method_label(self._environ.get('REQUEST_METHOD', ''))} {route}")
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", self._status)
        if self._status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class _Commands(CommandListener):
    """A span for each command within a traced request. Values of queries are left out."""

    def __init__(self, tracer: Any) -> None:
        from opentelemetry import trace

        self._tracer, self._trace = tracer, trace
        self._spans: dict[int, Any] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Called by pymongo in the thread that sends the command."""
        if not self._trace.get_current_span().is_recording():
            return
        collection = event.command.get(event.command_name)
        target = f" {collection}" if isinstance(collection, str) else ""
        self._spans[event.request_id] = self._tracer.start_span(
            f"{event.command_name}{target}",
            kind=self._trace.SpanKind.CLIENT,
            attributes={
                "db.system.name": "mongodb",
                "db.namespace": event.database_name,
                "db.operation.name": event.command_name,
                "db.collection.name": target.strip(),
            },
        )

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Called by pymongo after the command."""
        if (span := self._spans.pop(event.request_id, None)) is not None:
            span.end()

    def failed(self, event: CommandFailedEvent) -> None:
        """Called by pymongo after a command that failed."""
        if (span := self._spans.pop(event.request_id, None)) is not None:
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR))
            span.end()
