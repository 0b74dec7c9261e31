"""The ports of embedded servers."""

import socket
import threading
from pathlib import Path

from app.localdev import ports


def test_a_server_keeps_its_port_if_a_client_occupies_it_for_a_moment(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = ports.record(tmp_path, "broker", occupied.getsockname()[1])
        timer = threading.Timer(0.2, occupied.close)
        timer.start()
        assigned = ports.assigned(tmp_path, "broker")
        timer.join()

    assert assigned == port


def test_a_server_whose_port_stays_occupied_gets_another_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = ports.record(tmp_path, "broker", occupied.getsockname()[1])
        assigned = ports.assigned(tmp_path, "broker")

    assert assigned not in (0, port)
    assert ports.recorded(tmp_path, "broker") == assigned
