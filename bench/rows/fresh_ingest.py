"""The warm landing page while 1,000 profiles a second come in, beside the same page while nothing does."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.load import wrk

PROFILES_PER_S = 1_000
# Visitors at once: a load under which the page has time to spare, so that waiting for an importer would show.
_CONNECTIONS = 2
# Between two rounds: what came in last is derived and shown by then.
_SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Fed:
    """Pairs of p99 (coming in, idle), ms, and how many profiles a second came in."""

    p99_ms: list[tuple[float, float]]
    profiles_per_s: float


def p99_ms(mongodb_uri: str, redis_url: str, database: str, port: int, rounds: int, seconds: float) -> Fed:
    """Pairs of rounds at the portal of this port, whose database an importer in a process of its own writes to."""
    most_s = rounds * (seconds + 1) * 1.5
    command = [sys.executable, "-m", "bench.feeding", mongodb_uri, redis_url, database]
    command += [str(PROFILES_PER_S), f"{most_s:g}"]
    found: list[tuple[float, float]] = []
    fed_s = 0.0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as feeder:
        told, heard = feeder.stdin, feeder.stdout
        if told is None or heard is None or heard.readline() != "ready\n":
            raise RuntimeError("the importer did not start")
        for turn in range(rounds):
            times = {True: 0.0, False: 0.0}
            for feeding in (True, False) if turn % 2 else (False, True):
                began = time.monotonic()
                if feeding:
                    told.write("go\n")
                    told.flush()
                times[feeding] = wrk(port, "/", seconds, _CONNECTIONS).p99_ms
                if feeding:
                    told.write("pause\n")
                    told.flush()
                    fed_s += time.monotonic() - began
                time.sleep(_SETTLE_S)
            found.append((times[True], times[False]))
        told.close()
        stored = json.loads(heard.read())
    return Fed(found, stored["profiles"] / fed_s)
