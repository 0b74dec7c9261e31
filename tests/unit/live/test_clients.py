"""Which client gets which event: the whole of what it missed once, and nothing that it does not wait for."""

import orjson
import pytest

from app.events import Change, Mark
from app.live.clients import HEARTBEAT_S, Client, Clients
from app.live.history import RETAINED_CHANGES, History
from app.live.subscription import Subscription


def mark(number: int) -> Mark:
    return Mark(number, f"{number:016x}")


def change(number: int, *tags: str) -> Change:
    return Change(mark(number), mark(number - 1).epoch_token, tags)


class Socket:
    """A stream whose client accepts events as long as it is `fast`."""

    def __init__(self) -> None:
        self.fast, self.ended = True, False
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> bool:
        self.sent.append(data)
        return self.fast

    def end(self, data: bytes) -> None:
        self.sent.append(data)
        self.ended = True

    def events(self) -> list[tuple[str, str, list[str]]]:
        """The name, id and tags of each event, without heartbeats."""
        return [event for each in self.sent if (event := _event(each))]


def _event(data: bytes) -> tuple[str, str, list[str]] | None:
    fields = dict(line.split(": ", 1) for line in data.decode().splitlines() if ": " in line)
    if "event" not in fields:
        return None
    return fields["event"], fields["id"].partition(".")[0], orjson.loads(fields["data"]).get("tags", [])


class Portal:
    """The live events of a worker whose change log has one change, and whose time the test sets."""

    def __init__(self, limit: int = 1000, limit_per_address: int = 0) -> None:
        self.history, self.now_s = History(), 0.0
        self.history.restart(mark(1), [])
        self.clients = Clients(self.history, limit, limit_per_address, lambda: self.now_s, lambda _low, high: high)
        self.clients.broadcast()

    def client(self, *tags: str, after: Mark | None = None, address: str = "a") -> tuple[Client, Socket]:
        client, socket = Client(self.clients, Subscription(frozenset(tags), after), address, "id"), Socket()
        client.opened(socket)
        return client, socket

    def change(self, number: int, *tags: str) -> None:
        self.history.extend([change(number, *tags)])
        self.clients.broadcast()


@pytest.fixture
def portal() -> Portal:
    return Portal()


def test_a_client_gets_the_changes_of_its_tags_and_of_their_kinds(portal: Portal) -> None:
    one, all_missions, other = (portal.client(tag)[1] for tag in ("mission:p/m", "mission", "mission:p/other"))

    portal.change(2, "mission:p/m", "totals")

    assert one.events() == all_missions.events() == [("change", "2", ["mission:p/m", "totals"])]
    assert other.events() == []


def test_a_simulated_change_reaches_only_pages_that_show_simulated_platforms(portal: Portal) -> None:
    real, simulated, own = (
        portal.client(*tags)[1] for tags in (("mission",), ("mission", "simulated"), ("mission:s/m",))
    )

    portal.change(2, "mission:s/m", "simulated")

    assert (len(real.events()), len(simulated.events()), len(own.events())) == (0, 1, 1)


def test_changes_between_two_broadcasts_are_one_event(portal: Portal) -> None:
    socket = portal.client("mission", "totals")[1]
    portal.history.extend([change(2, "mission:p/m"), change(3, "totals")])
    portal.clients.broadcast()
    portal.clients.broadcast()

    assert socket.events() == [("change", "3", ["mission:p/m", "totals"])]


def test_a_client_that_comes_back_gets_what_it_missed_once(portal: Portal) -> None:
    portal.change(2, "mission:p/m")
    portal.change(3, "totals")
    portal.change(4, "basins")
    missed = portal.client("mission", "totals", after=mark(1))[1]
    nothing = portal.client("mission", after=mark(2))[1]
    portal.change(5, "totals")

    assert missed.events() == [("change", "4", ["basins", "mission:p/m", "totals"]), ("change", "5", ["totals"])]
    assert nothing.events() == []


@pytest.mark.parametrize("after", [Mark(1, "other"), Mark(99, ""), Mark(-1, "")], ids=["other-log", "future", "none"])
def test_a_client_with_an_unknown_position_starts_again(portal: Portal, after: Mark) -> None:
    portal.change(2, "mission:p/m")

    assert portal.client("totals", after=after)[1].events() == [("resync", "2", [])]


def test_another_change_log_makes_all_clients_start_again(portal: Portal) -> None:
    socket = portal.client("totals")[1]
    portal.history.restart(Mark(1, "restored"), [])
    portal.clients.broadcast()

    assert socket.events() == [("resync", "1", [])]


def test_a_follower_that_starts_again_in_the_same_log_makes_nobody_start_again(portal: Portal) -> None:
    socket = portal.client("totals")[1]
    portal.history.restart(mark(3), [change(1, "x"), change(2, "totals"), change(3, "basins")])
    portal.clients.broadcast()

    assert socket.events() == [("change", "3", ["basins", "totals"])]


def test_a_slow_client_gets_no_event_until_it_has_read_the_last_one_and_then_all_in_one(portal: Portal) -> None:
    client, socket = portal.client("mission", "totals")
    socket.fast = False
    portal.change(2, "totals")
    portal.change(3, "mission:p/m")
    portal.change(4, "totals")
    before = len(socket.sent)
    socket.fast = True
    client.drained()
    portal.change(5, "totals")

    assert before == 1
    assert socket.events() == [
        ("change", "2", ["totals"]), ("change", "4", ["mission:p/m", "totals"]), ("change", "5", ["totals"]),
    ]  # fmt: skip


def test_a_slow_client_beyond_the_history_starts_again(portal: Portal) -> None:
    client, socket = portal.client("totals")
    socket.fast = False
    portal.change(2, "totals")
    portal.history.extend([change(number, "totals") for number in range(3, RETAINED_CHANGES + 10)])
    portal.clients.broadcast()
    client.drained()

    assert [name for name, *_ in socket.events()] == ["change", "resync"]


def test_many_tags_are_named_by_their_kinds(portal: Portal) -> None:
    socket = portal.client("mission")[1]
    portal.history.extend([change(number, f"mission:p/{number}", "totals") for number in range(2, 100)])
    portal.clients.broadcast()

    assert socket.events() == [("change", "99", ["mission", "totals"])]


def test_each_client_gets_a_heartbeat_with_the_position_in_every_interval(portal: Portal) -> None:
    sockets = [portal.client("totals")[1] for _ in range(100)]
    portal.change(2, "basins")
    for portal.now_s in range(1, 2 * HEARTBEAT_S + 1):
        portal.clients.tick()

    assert {len(socket.sent) for socket in sockets} == {2}
    assert {beat for socket in sockets for beat in socket.sent} == {f": \nid: 2.{2:016x}\n\n".encode()}


def test_a_stream_ends_after_its_lifetime_and_the_client_may_come_back_at_once(portal: Portal) -> None:
    socket = portal.client("totals")[1]
    portal.now_s = 1.3 * 3600
    portal.clients.tick()

    assert socket.ended
    assert portal.clients.refusal("a") is None


def test_a_drain_ends_all_streams_with_a_time_to_come_back_and_refuses_new_ones(portal: Portal) -> None:
    sockets = [portal.client("totals")[1] for _ in range(1000)]
    portal.clients.drain()
    late = portal.client("totals")[1]

    assert all(socket.ended for socket in sockets)
    # 500 clients a second, after half a second: the times depend on the number of clients.
    assert max(int(socket.sent[-1].split()[1]) for socket in sockets) == 2500
    assert late.ended
    assert portal.clients.refusal("a") == "draining"


def test_the_number_of_clients_is_limited_in_all_and_for_each_address() -> None:
    portal = Portal(limit=3, limit_per_address=2)
    first = portal.client("totals")[0]
    portal.client("totals")
    per_address = portal.clients.refusal("a"), portal.clients.refusal("b")
    portal.client("totals", address="b")
    in_all = portal.clients.refusal("c")
    first.ended()

    assert per_address == ("address", None)
    assert in_all == "worker"
    assert portal.clients.refusal("a") is None


def test_no_client_is_accepted_before_the_change_log_is_read() -> None:
    assert Clients(History(), 10, 0).refusal("a") == "draining"


def test_requests_of_many_clients_are_spread_and_those_of_one_are_not(portal: Portal) -> None:
    one = portal.client("basins")[1]
    many = [portal.client("totals")[1] for _ in range(1000)]
    portal.change(2, "basins")
    portal.change(3, "totals")

    assert b'"spread_ms":0' in one.sent[0]
    assert b'"spread_ms":500' in many[0].sent[0]
