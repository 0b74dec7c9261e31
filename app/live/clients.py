"""The open streams of a worker: which client gets which event, and when a stream ends."""

import random
from collections import Counter
from collections.abc import Callable
from time import monotonic

from app.events import Mark
from app.live import messages
from app.live.history import History, News
from app.live.subscription import PATH, Subscription
from app.server.event_source import Stream
from app.telemetry import logs, metrics

# Proxies close a connection without data after 30 s (AppGW) or 60 s (nginx, AWS ALB); a heartbeat may be lost in one.
HEARTBEAT_S = 15
# A stream ends after about an hour: clients spread over new replicas, and forgotten ones do not stay for ever.
_LIFETIME_S = 3_600.0
# Time in which clients of a worker that stops connect to another one: as many a second as it accepts without effort.
_RECONNECTS_PER_S = 500
_MIN_RECONNECT_MS, _MAX_RECONNECT_MS = 500, 10_000
# Requests a second that an event may cause. A web worker answers several thousand from its cache.
_REFRESHES_PER_S = 2_000
_MAX_SPREAD_MS = 5_000


class Client:
    """One open stream. A client that has not accepted an event gets no further one until it has (`behind`)."""

    __slots__ = ("address", "behind", "clients", "ends_at_s", "events", "is_clear", "opened_at_s", "request_id", "slot",
                 "start", "stream", "tags")  # fmt: skip

    def __init__(self, clients: "Clients", subscription: Subscription, address: str, request_id: str) -> None:
        self.clients, self.address, self.request_id = clients, address, request_id
        self.tags, self.start = subscription.tags, subscription.after
        self.stream: Stream | None = None
        self.opened_at_s = self.ends_at_s = 0.0
        self.events = 0
        # The clients that get their heartbeat in the same second.
        self.slot: set[Client] = set()
        self.is_clear = True
        # The position of the client, if it missed an event after it.
        self.behind: Mark | None = None

    def opened(self, stream: Stream) -> None:
        """Called by the server: the head has been sent."""
        self.stream = stream
        self.clients.join(self)

    def drained(self) -> None:
        """Called by the server: the client has accepted the last event."""
        self.is_clear = True
        if self.behind is not None:
            behind, self.behind = self.behind, None
            self.clients.resume(self, behind)

    def ended(self) -> None:
        """Called by the server: the connection has ended."""
        self.clients.leave(self, "client" if self.is_clear else "slow")

    def offer(self, data: bytes, before: Mark) -> bool:
        """Send an event, or note that the client is behind since `before`. True if it was sent."""
        if self.stream is None:
            return False
        if not self.is_clear:
            if self.behind is None:
                self.behind = before
            return False
        self.events += 1
        self.is_clear = self.stream.send(data)
        return True


class Clients:
    """The clients of a worker. All methods run in the event loop."""

    def __init__(
        self,
        history: History,
        limit: int,
        limit_per_address: int,
        clock: Callable[[], float] = monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._history, self._limit, self._limit_per_address = history, limit, limit_per_address
        self._clock, self._uniform = clock, uniform
        # Clients that wait for the same tags share the set, and one comparison for each event.
        self._by_tags: dict[frozenset[str], set[Client]] = {}
        self._by_address: Counter[str] = Counter()
        # Each second the clients of one slot get their heartbeat.
        self._slots: list[set[Client]] = [set() for _ in range(HEARTBEAT_S)]
        self._slot_number, self._next_slot_at_s = 0, clock() + 1
        self._count = self._joined = 0
        # Up to here, every client that is not behind has got what it waits for.
        self._position: Mark | None = None
        self._is_draining = False

    @property
    def position(self) -> Mark | None:
        """The last change that was sent; None before the change log has been read."""
        return self._position

    def refusal(self, address: str) -> str | None:
        """Why a further client of this address is refused: `draining`, `worker`, `address`; None if it is accepted."""
        if self._is_draining or self._position is None:
            return "draining"
        if self._count >= self._limit:
            return "worker"
        is_full = self._limit_per_address and self._by_address[address] >= self._limit_per_address
        return "address" if is_full else None

    def join(self, client: Client) -> None:
        """Add a client, and send it what it has missed."""
        if client.start is not None and self._position is not None and client.start.number > self._position.number:
            # It has seen, in another worker, what this one has not sent yet.
            self.broadcast()
        group = self._by_tags.setdefault(client.tags, set())
        client.tags = next(iter(group)).tags if group else client.tags
        group.add(client)
        self._by_address[client.address] += 1
        self._count += 1
        self._joined += 1
        client.slot = self._slots[self._joined % HEARTBEAT_S]
        client.slot.add(client)
        client.opened_at_s = self._clock()
        client.ends_at_s = client.opened_at_s + _LIFETIME_S * self._uniform(0.75, 1.25)
        metrics.live_clients.set(self._count)
        if self._is_draining:
            self._end(client, "drain")
        elif client.start is not None:
            self.resume(client, client.start)

    def leave(self, client: Client, reason: str) -> None:
        """Remove a client whose connection has ended."""
        group = self._by_tags.get(client.tags, set())
        if client not in group:
            return
        group.discard(client)
        if not group:
            del self._by_tags[client.tags]
        self._by_address[client.address] -= 1
        if not self._by_address[client.address]:
            del self._by_address[client.address]
        client.slot.discard(client)
        self._count -= 1
        client.stream = None
        metrics.live_clients.set(self._count)
        metrics.live_streams_ended.labels(reason).inc()
        logs.request(
            {
                "event": "stream_ended",
                "route": PATH,
                "request_id": client.request_id,
                "duration_s": round(self._clock() - client.opened_at_s, 1),
                "events": client.events,
                "reason": reason,
            }
        )

    def resume(self, client: Client, after: Mark) -> None:
        """Send in one event what the client has missed after a position; or let it start again if that is unknown."""
        if self._position is None or after == self._position:
            return
        news = self._history.between(after, self._position)
        if news is None:
            client.offer(messages.resync(self._position, self._spread_ms(1)), after)
            metrics.live_events.labels("resync").inc()
        elif not client.tags.isdisjoint(news.affected):
            client.offer(messages.change(news.mark, news.tags, self._spread_ms(1)), after)
            metrics.live_events.labels("change").inc()

    def broadcast(self) -> None:
        """Send the changes since the last call to the clients that wait for one of their tags."""
        before, mark = self._position, self._history.mark
        if mark is None or mark == before:
            return
        self._position = mark
        if before is None:
            return
        news = self._history.between(before, mark)
        waiting = self._waiting_for(news)
        if not waiting:
            return
        spread_ms = self._spread_ms(len(waiting))
        data = messages.resync(mark, spread_ms) if news is None else messages.change(mark, news.tags, spread_ms)
        sent = sum(client.offer(data, before) for client in waiting)
        metrics.live_events.labels("resync" if news is None else "change").inc(sent)

    def tick(self) -> None:
        """Called about once a second: send the heartbeats that are due, and end the streams that are old."""
        now_s = self._clock()
        while self._next_slot_at_s <= now_s:
            self._next_slot_at_s += 1
            self._slot_number = (self._slot_number + 1) % HEARTBEAT_S
            for client in list(self._slots[self._slot_number]):
                self._refresh(client, now_s)

    def drain(self) -> None:
        """End all streams: each client connects again after a time of its own. Refuse new ones."""
        self._is_draining = True
        for client in [client for group in self._by_tags.values() for client in group]:
            self._end(client, "drain")

    def _refresh(self, client: Client, now_s: float) -> None:
        if now_s >= client.ends_at_s:
            self._end(client, "lifetime")
        elif client.is_clear and client.stream is not None and self._position is not None:
            client.is_clear = client.stream.send(messages.heartbeat(self._position))

    def _waiting_for(self, news: News | None) -> list[Client]:
        groups = self._by_tags.items()
        return [
            client for tags, group in groups if news is None or not tags.isdisjoint(news.affected) for client in group
        ]

    def _end(self, client: Client, reason: str) -> None:
        stream = client.stream
        most_ms = _MIN_RECONNECT_MS + min(self._count / _RECONNECTS_PER_S * 1000, _MAX_RECONNECT_MS)
        retry_ms = self._uniform(_MIN_RECONNECT_MS, most_ms)
        self.leave(client, reason)
        if stream is not None:
            stream.end(messages.farewell(round(retry_ms)))

    @staticmethod
    def _spread_ms(clients: int) -> int:
        return min(round((clients - 1) / _REFRESHES_PER_S * 1000), _MAX_SPREAD_MS)
