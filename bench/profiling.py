"""Flame graphs of the hot paths, by py-spy: `python -m bench.profiling [NAME…]` writes build/profile/NAME.svg.

`warm` is a landing page from memory; `landing`, `mission` and `missions` are rendered for every request; `ingest`
imports parsed rows up to the commit. py-spy reads the memory of another process: where the system forbids that, its
error names the remedy.
"""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bench import data, ingesting, portals, processes
from bench.load import wrk
from bench.pages import ENCODINGS

FOLDER = data.HOME.parent / "profile"
# Paths of the pages, over the small data set; `{mission}` is replaced by the path of a mission.
_PAGES = {"warm": "/", "landing": "/", "mission": "{mission}", "missions": "/missions"}
_INGEST = "ingest"
NAMES = (*_PAGES, _INGEST)
# Internal: starts the process that the profile `ingest` samples.
_REPEAT_OPTION = "--import-repeatedly"
# At 250 samples a second, a frame that takes a hundredth of ten seconds is in 25 samples.
_SECONDS, _SAMPLES_PER_S = 10, 250
# As many as the worker has threads for requests.
_CONNECTIONS = 2
_UNCACHED = {"HALOCLINE_PAGE_CACHE_BYTES": "0"}
_BROWSER = {"Connection": "close", "Accept-Encoding": ENCODINGS}
# py-spy needs time to attach before the profile, and to write its picture after it.
_AROUND_S = 2


def profile(name: str, stores: data.Stores, seconds: int = _SECONDS) -> Path:
    """Path of the flame graph of one hot path. Raises RuntimeError with the message of py-spy if it fails."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture = FOLDER / f"{name}.svg"
    if name == _INGEST:
        with _importer(stores) as pid:
            _wait(_spy(pid, picture, seconds))
        return picture
    database = data.prepare(stores.mongodb_uri, stores.redis_url, data.SMALL)
    path = _PAGES[name].format(mission=data.active_mission(stores, data.SMALL))
    # One worker: the picture shows one process, and two would share the requests at random.
    settings = {"WEB_WORKERS": "1", **({} if name == "warm" else _UNCACHED)}
    log = FOLDER / f"{name}.log"
    with portals.started(stores.mongodb_uri, stores.redis_url, database, log, **settings) as server:
        wrk(server.port, path, 1, _CONNECTIONS, _BROWSER)
        # Only threads that hold the GIL: a dozen waiting threads of the worker would dominate the picture.
        spy = _spy(_only_child(server.pid), picture, seconds, "--gil")
        wrk(server.port, path, seconds + _AROUND_S, _CONNECTIONS, _BROWSER)
        _wait(spy)
    return picture


def _spy(pid: int, picture: Path, seconds: int, *more: str) -> subprocess.Popen[str]:
    # In the folder of this Python's scripts, which may be absent from PATH.
    py_spy = shutil.which("py-spy", path=sysconfig.get_path("scripts")) or "py-spy"
    command = [py_spy, "record", "--pid", str(pid), "--duration", str(seconds), "--rate", str(_SAMPLES_PER_S)]
    command += ["--function", "--output", str(picture), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _wait(spy: subprocess.Popen[str]) -> None:
    output, _ = spy.communicate(timeout=120)
    if spy.returncode:
        raise RuntimeError(f"py-spy: {' '.join(output.split())[-500:]}")


def _only_child(pid: int) -> int:
    (child,) = processes.children(pid)
    return child


@contextmanager
def _importer(stores: data.Stores) -> Iterator[int]:
    """The pid of a process that imports the same files repeatedly, once it has started."""
    command = [sys.executable, "-m", "bench.profiling", _REPEAT_OPTION, stores.mongodb_uri, stores.redis_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("the importer did not start")
        yield process.pid
        process.terminate()


def _import_repeatedly(mongodb_uri: str, redis_url: str) -> None:
    work = ingesting.opened(mongodb_uri, redis_url, FOLDER / "files")
    click.echo("ready")
    while True:
        work.full_s()


def main(arguments: list[str]) -> None:
    """Draw the named flame graphs, or all."""
    if arguments[:1] == [_REPEAT_OPTION]:
        _import_repeatedly(*arguments[1:])
    if unknown := sorted(set(arguments) - set(NAMES)):
        raise SystemExit(f"bench.profiling: unknown names: {', '.join(unknown)}; use {', '.join(NAMES)}")
    stores = data.stores()
    for name in arguments or NAMES:
        click.echo(f"  → {profile(name, stores).relative_to(Path.cwd())}")


if __name__ == "__main__":
    main(sys.argv[1:])
