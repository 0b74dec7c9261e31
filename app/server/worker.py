"""The worker class: an event loop that owns all sockets, and threads that render.

gunicorn's own `gthread` gives each request to a thread, which then waits for the client: for its head, for its body,
and while the response is sent. Here only the event loop waits for clients, so slow clients occupy no thread, and a
response from memory needs none.
"""

import os
import selectors
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

from gunicorn.config import Config
from gunicorn.workers.base import Worker

from app.server import request_head
from app.server.bodies import Bodies, BodyRoute
from app.server.calls import Calls
from app.server.connection import HEAD_TIMEOUT_S, LINGER_BODY_TIMEOUT_S, LINGER_TIMEOUT_S, Connection, State
from app.server.connections import Connections
from app.server.dispatch import WAITING_TICK_S, Dispatcher
from app.server.exchange import Disconnected, Exchange, Send
from app.server.listeners import PAUSE_S, Listeners
from app.server.load import Load
from app.server.readiness import Readiness, Ready
from app.server.refusal import NO_THREAD, Refusal
from app.server.streams import Streams
from app.server.threads import Threads

_TICK_S = 1.0
# A worker that stops keeps idle connections open for so long, for a request that the client may be sending already.
_STOP_IDLE_S = 2.0


class EventLoopWorker(Worker):  # type: ignore[misc]
    """Answers in the event loop what `ready` calls NOW, and the rest in `cfg.threads` threads.

    `post_worker_init` of gunicorn.conf.py sets the attributes of the class; without it, each request gets a thread.
    """

    # Set by gunicorn's signal handlers.
    alive: bool
    # Pages that render at once; None is the number of threads.
    concurrency_limit: int | None = None
    # Requests whose body the application reads; those of all others are discarded.
    body_routes: Sequence[BodyRoute] = ()
    ready: Ready = staticmethod(lambda _environ: Readiness.THREAD)
    # Called about once a second in the event loop.
    on_tick: Callable[[Load], None] = staticmethod(lambda _load: None)
    # Called in the event loop when the worker begins to stop: it ends the responses that have no end.
    on_stop: Callable[[], None] = staticmethod(lambda: None)

    @classmethod
    def check_config(cls, cfg: Config, log: Any) -> None:
        """Called by gunicorn at the start."""
        if cfg.is_ssl:
            raise RuntimeError("TLS is not supported; let the proxy in front terminate it")
        if cfg.worker_connections <= cfg.threads:
            log.warning("worker_connections should be far above threads: %d", cfg.worker_connections)

    def init_process(self) -> None:
        """Called by gunicorn in the new process."""
        self._selector = selectors.DefaultSelector()
        self._connections = Connections(
            self._selector, self.cfg.worker_connections, partial(self._guarded, self._event)
        )
        self._streams = Streams(self._connections, self._linger)
        self._calls = Calls(lambda: os.write(self.PIPE[1], b"."))
        self.call_soon = self._calls.add_from_thread
        self._stop_at_s = float("inf")
        self._next_tick_s = 0.0
        super().init_process()

    def run(self) -> None:
        """The event loop, until the worker is stopped and its responses are sent."""
        threads = self.cfg.threads
        self._threads = Threads(threads)
        self._dispatcher = Dispatcher(
            self.concurrency_limit or threads,
            threads,
            ready=self.ready,
            answer=partial(self._guarded, self._answer),
            start=partial(self._guarded, self._start),
            refuse=partial(self._guarded, self._refuse),
        )
        self._bodies = Bodies(self.body_routes, self._connections, self._work, partial(self._guarded, self._refuse))
        self._listeners = Listeners(self.sockets, self._selector, self._accepted, self._connections.close_one)
        self._selector.register(self.PIPE[0], selectors.EVENT_READ, self._woken)
        while self.alive or (self._connections and monotonic() < self._stop_at_s):
            self.notify()
            self._turn()
            if self.alive and self.ppid != os.getppid():
                self.log.info("Parent changed, shutting down: %s", self)
                self.alive = False
            if not self.alive and self._stop_at_s == float("inf"):
                self._begin_to_stop()
        self._connections.close_all()
        self._threads.stop()
        self._bodies.stop()
        self._selector.close()

    def handle_exit(self, _sig: int, _frame: Any) -> None:
        """SIGTERM: finish what has begun. The signal also wakes the event loop."""
        self.alive = False

    def _turn(self) -> None:
        """Wait for events once, and handle them."""
        self._listeners.accept(self.alive and self._connections.make_room())
        timeout_s = 0.0 if self._calls else WAITING_TICK_S if self._dispatcher.waiting else _TICK_S
        if self.alive and not self._listeners.is_accepting:
            timeout_s = min(timeout_s, PAUSE_S)
        for key, events in self._selector.select(timeout_s):
            key.data(events)
        self._calls.run()
        if self._dispatcher.waiting:
            self._dispatcher.advance()
        if monotonic() >= self._next_tick_s:
            self._tick()

    def _tick(self) -> None:
        """Called about once a second."""
        self._next_tick_s = monotonic() + _TICK_S
        self._connections.close_expired()
        self._bodies.refuse_slow()
        self.on_tick(Load(len(self._connections), self._dispatcher.busy, self._dispatcher.waiting))

    def _begin_to_stop(self) -> None:
        self._listeners.close()
        # A second before the arbiter kills the worker, so that its last log lines are written.
        self._stop_at_s = monotonic() + max(self.cfg.graceful_timeout - 1, 0)
        self._connections.shorten_idle(_STOP_IDLE_S)
        self._bodies.refuse_new()
        self.on_stop()

    # Connections

    def _accepted(self, sock: socket.socket, peer: Any, server: Any) -> None:
        connection = Connection(sock, peer, server, self.cfg.keepalive)
        self._connections.make_room()
        self._connections.add(connection)
        # Most clients have sent their request already.
        self._guarded(self._readable, connection)

    def _guarded(self, step: Callable[..., None], connection: Connection, *arguments: Any) -> None:
        """Run one step of a connection. A fault ends this connection, not the worker."""
        try:
            step(connection, *arguments)
        except Exception:
            self.log.exception("A connection is closed because of a fault.")
            self._finished(connection)
            self._connections.close(connection)

    def _event(self, connection: Connection) -> None:
        if connection.state is State.SENDING:
            self._writable(connection)
        elif connection.state is State.STREAMING:
            self._streams.advance(connection)
        elif connection.state is State.BODY:
            self._bodies.receive(connection)
        elif connection.state is State.WORK:
            # The next request of the client stays in the socket until the response to this one is sent.
            self._connections.watch(connection, 0)
        elif connection.state is not State.CLOSED:
            self._readable(connection)

    def _readable(self, connection: Connection) -> None:
        if not connection.receive():
            self._connections.close(connection)
        elif connection.state is not State.LINGERING:
            self._next_request(connection)

    def _writable(self, connection: Connection) -> None:
        try:
            is_complete = connection.send_rest()
        except OSError:
            self._connections.close(connection)
            return
        if is_complete:
            self._sent(connection)

    # Requests

    def _next_request(self, connection: Connection) -> None:
        """Begin the next request if its head has arrived."""
        if connection.state is State.CLOSED:
            return  # Closed after it was added to `_calls`.
        if not connection.received:
            self._connections.watch(connection, selectors.EVENT_READ)
            return
        try:
            request = request_head.parse(connection.received, self.cfg, connection.peer, connection.requests + 1)
            if request is None:
                if connection.state is State.IDLE:
                    connection.wait_for(State.HEAD, HEAD_TIMEOUT_S)
                self._connections.watch(connection, selectors.EVENT_READ)
                return
            connection.exchange = Exchange(request, self.cfg, connection.peer, connection.server)
        except request_head.Malformed as error:
            connection.exchange = Exchange.refused(error.refusal, self.cfg, connection.peer, connection.server)
        connection.requests += 1
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
        if not self.alive:
            connection.exchange.close_afterwards()
        connection.wait_for(State.WORK, 0)
        if connection.exchange.is_refused:
            self._answer(connection)
        elif not (connection.exchange.has_body and self._bodies.take(connection)):
            self._dispatcher.dispatch(connection)

    def _answer(self, connection: Connection) -> None:
        """Run the application in the event loop."""
        self._respond(connection, connection.present().answer(self.wsgi, None))

    def _refuse(self, connection: Connection, refusal: Refusal = NO_THREAD) -> None:
        connection.present().refuse(refusal)
        self._answer(connection)

    def _start(self, connection: Connection) -> None:
        """Run the application in a thread."""
        self._connections.watch(connection, 0)
        self._threads.submit(partial(self._work, connection))

    def _work(self, connection: Connection) -> None:
        """In a thread."""
        chunks: list[bytes] | None = None
        try:
            chunks = connection.present().answer(self.wsgi, partial(self._start_stream, connection))
        except Disconnected:
            self.log.debug("A client has disconnected.")
        finally:
            self.call_soon(partial(self._guarded, self._worked, connection, chunks))

    def _start_stream(self, connection: Connection) -> Send:
        """In a thread: the body that follows is sent by it."""
        self.call_soon(partial(self._dispatcher.streams, connection))
        return connection.stream

    def _finished(self, connection: Connection) -> None:
        self._dispatcher.finished(connection)
        self._bodies.finished(connection)

    def _worked(self, connection: Connection, chunks: list[bytes] | None) -> None:
        self._finished(connection)
        if chunks is None:
            self._connections.close(connection)
        else:
            connection.sock.setblocking(False)
            self._respond(connection, chunks)

    def _respond(self, connection: Connection, chunks: list[bytes]) -> None:
        try:
            is_complete = connection.send(chunks)
        except OSError:
            self._connections.close(connection)
            return
        if is_complete:
            self._sent(connection)
        else:
            self._connections.watch(connection, selectors.EVENT_WRITE)
            self._connections.limit_unsent()

    def _sent(self, connection: Connection) -> None:
        """The response is complete: wait for the next request, or end the connection."""
        exchange, connection.exchange = connection.present(), None
        if exchange.source is not None:
            self._streams.open(connection, exchange.source, exchange.is_chunked)
        elif exchange.keeps_connection and self.cfg.keepalive:
            connection.wait_for(State.IDLE, self.cfg.keepalive if self.alive else _STOP_IDLE_S)
            if connection.received:
                # A pipelined request. Not at once: other connections get their turn first.
                self._connections.watch(connection, 0)
                self._calls.add(partial(self._guarded, self._next_request, connection))
            else:
                self._connections.watch(connection, selectors.EVENT_READ)
        elif exchange.client_closes and not connection.received:
            self._connections.close(connection)
        else:
            self._linger(connection, LINGER_BODY_TIMEOUT_S if exchange.has_unread_body else LINGER_TIMEOUT_S)

    def _linger(self, connection: Connection, timeout_s: float = LINGER_TIMEOUT_S) -> None:
        try:
            connection.end_sending()
        except OSError:
            self._connections.close(connection)
            return
        connection.received.clear()
        connection.wait_for(State.LINGERING, timeout_s)
        self._connections.watch(connection, selectors.EVENT_READ)

    def _woken(self, _events: int) -> None:
        with suppress(BlockingIOError):
            os.read(self.PIPE[0], 4096)
