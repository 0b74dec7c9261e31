"""The warm landing page while 1,000 profiles a second are imported, compared with the same page without imports."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from pymongo import MongoClient

from bench import cpu_shares, data, load, portals
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios
from bench.rows.growth import medians_ms

_PROFILES_PER_S = 1_000
# A light load with pauses: a client without pauses would take the CPU time that the importer needs for its rate.
_CONNECTIONS = 2
_SCRIPT = Path(__file__).parent.parent / "lua" / "paced.lua"
# A p99 needs some hundred responses, and an importer some missions, four a second.
_LEAST_S = 2
# Pause between two rounds: the last import is visible by then.
_SETTLE_S = 0.5
# A separate database: imported missions would change the figures of other families.
_DATABASE = "halocline_bench_importing"


def measure(bench: Bench) -> Iterator[Measured]:
    """The aim `p99_while_importing`; a separate importer process writes to the portal's database."""
    stores = (bench.stores.mongodb_uri, bench.stores.redis_url)
    seconds = max(round(bench.seconds), _LEAST_S)
    # Missions for twice the time of the rounds: the importer must not run out of them.
    most_s = 2 * bench.rounds * (seconds + 1)
    try:
        data.prepare(*stores, bench.small, name=_DATABASE)
        command = [sys.executable, "-m", "bench.feeding", *stores, _DATABASE, str(_PROFILES_PER_S), str(most_s)]
        with (
            portals.started(*stores, _DATABASE, bench.folder / "importing.log") as portal,
            subprocess.Popen(
                command, cwd=portals.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as importer,
        ):
            if importer.stdin is None or importer.stdout is None or importer.stdout.readline() != "ready\n":
                raise RuntimeError("the importer did not start")
            pids = {"web": portal.pid, "mongodb": data.mongod_pid(stores[0]), "importer": importer.pid}
            with cpu_shares.applied(pids) as means:
                rounds = _Rounds(portal.port, seconds, importer.stdin)
                rounds.idle_ms()
                pairs = interleaved([rounds.importing_ms, rounds.idle_ms], bench.rounds)
            importer.stdin.close()
            counts = json.loads(importer.stdout.read())
    finally:
        with MongoClient[dict[str, Any]](stores[0]) as client:
            client.drop_database(_DATABASE)
    per_s = round(counts["profiles"] / rounds.fed_s)
    lag_s = round(counts["late_s"], 2)
    about = {"profiles_per_s": per_s, "at_most_late_s": lag_s, "connections": _CONNECTIONS, "p99_ms": medians_ms(pairs)}
    about["p99_ms_highest"] = [round(max(values), 2) for values in zip(*pairs, strict=True)]
    about |= {"cpu_shares_by": means, "millicores": {role: cpu_shares.millicores(role) for role in pids}}
    yield Measured("p99_while_importing", tuple(ratios(pairs)), about)


class _Rounds:
    """Measurements of the portal at a port; `fed_s` is the total time for which the importer ran."""

    def __init__(self, port: int, seconds: int, importer_stdin: IO[str]) -> None:
        self._port = port
        self._seconds = seconds
        self._importer_stdin = importer_stdin
        self.fed_s = 0.0

    def idle_ms(self) -> float:
        """The p99 without imports, ms."""
        time.sleep(_SETTLE_S)
        return self._p99_ms()

    def importing_ms(self) -> float:
        """The p99 while profiles are imported, ms."""
        began = time.monotonic()
        self._send("go")
        p99_ms = self._p99_ms()
        self._send("pause")
        self.fed_s += time.monotonic() - began
        return p99_ms

    def _p99_ms(self) -> float:
        return load.finished(load.begun(self._port, "/", self._seconds, _CONNECTIONS, script=_SCRIPT)).p99_ms

    def _send(self, command: str) -> None:
        self._importer_stdin.write(f"{command}\n")
        self._importer_stdin.flush()
