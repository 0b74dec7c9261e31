"""`make up` once the environment is installed: start servers, create indexes, import demo files, run the portal.

All processes stop together with the portal.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from app.config import Settings
from app.localdev import background, monitoring, pidfiles, servers
from app.localdev.errors import LocalDevError

# The checkout: gunicorn.conf.py and demo/ are beside the package.
ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".halocline"
# The data of a fresh mongod take 300 MB, mostly its preallocated journal; the demo files add little.
NEEDS_FREE_MB = 600
# Two workers import the application and build the first page; a laptop on battery needs a few seconds.
_PAGE_WITHIN_S = 30.0
# A running `up` first stops its children, one after the other, each within pidfiles.STOP_WITHIN_S.
_PARENT_ENDS_WITHIN_S = 60.0
_POLL_S = 0.1
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Last started first.
_OWN = (*monitoring.PROCESSES, "simulator", *background.PROCESSES, "web")
_PROCESSES = (*_OWN, *servers.NAMES)


class _Stopped(Exception):
    """The process received a stop signal."""


@dataclass(frozen=True, slots=True)
class Web:
    """The command of the web server, and whether it uses the terminal instead of a log file."""

    command: list[str]
    is_on_terminal: bool = False


_GUNICORN_CONFIG = ("-c", str(ROOT / "gunicorn.conf.py"), "--chdir", str(ROOT))
GUNICORN = Web([sys.executable, "-m", "gunicorn", *_GUNICORN_CONFIG, "app.wsgi:application"])


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal on this machine: its folder, port and environment, with or without simulated gliders and monitoring."""

    home: Path
    port: int
    simulate: bool = False
    web: Web = GUNICORN
    is_monitored: bool = False
    env: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Address of the portal for a browser."""
        return f"http://127.0.0.1:{self.port}"


def run(
    settings: Settings,
    home: Path = HOME,
    port: int = 8000,
    demo: Path = ROOT / "demo",
    simulate: bool | None = None,
    web: Web = GUNICORN,
    is_monitored: bool = False,
) -> None:
    """Run the portal until SIGINT, SIGTERM or the end of one of its processes; then stop all of them.

    A worker or beat that ends is started again. MONGODB_URI and REDIS_URL, if set, replace the embedded servers.
    `simulate` defaults to true with the embedded MongoDB, and to false with another one: simulated data must not enter
    it unasked. `is_monitored` adds Prometheus. Raises LocalDevError.
    """
    if simulate is None:
        simulate = "mongodb_uri" not in settings.model_fields_set
    if is_monitored:
        monitoring.check()
    portal = Portal(home, port, simulate, web, is_monitored)
    with _signals():
        try:
            _refuse_twice(portal)
            check_port(port)
            check_disk(_make(home))
            (home / "up.pid").write_text(pidfiles.identity(os.getpid()), encoding="ascii")
            _watch(portal, _start(portal, settings, demo))
        except _Stopped:
            click.echo("\nStopping …")
        finally:
            # A second Ctrl-C must not interrupt the stopping.
            _ignore_signals()
            if pidfiles.alive(home / "up.pid") == os.getpid():
                down(home)


def _make(home: Path) -> int:
    """Create the folder if it does not exist; the free bytes on its disk. Raises LocalDevError."""
    try:
        home.mkdir(exist_ok=True)
        return shutil.disk_usage(home).free
    except FileNotFoundError as error:
        # Not created: the path may be misspelt.
        raise LocalDevError(f"The folder {home.parent} does not exist: create it first.") from error
    except OSError as error:
        raise LocalDevError(f"The folder {home} cannot be created: {error.strerror}.") from error


def down(home: Path = HOME) -> list[str]:
    """Stop what runs in `home`, a whole portal or the rest of a killed `up`, and return the names of the processes."""
    # The parent first, or it would report the end of its children as a failure.
    stopped = ["up"] if pidfiles.alive(home / "up.pid") not in (None, os.getpid()) else []
    if stopped:
        pidfiles.stop(home / "up.pid", within_s=_PARENT_ENDS_WITHIN_S)
    stopped += [name for name in _OWN if pidfiles.stop(home / f"{name}.pid")]
    stopped += servers.stop(home)
    (home / "up.pid").unlink(missing_ok=True)
    return stopped


def check_port(port: int) -> None:
    """Raises LocalDevError if another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise LocalDevError(f"Port {port} is for root only: choose another one, 'make up PORT=8000'.") from error
        except OSError as error:
            raise LocalDevError(
                f"Port {port} is in use: end the program that listens there, or choose another one, "
                f"'make up PORT={port + 1}'."
            ) from error


def check_disk(free_bytes: int) -> None:
    """Raises LocalDevError if the free space is too small for the databases."""
    free_mb = free_bytes // 1_000_000
    if free_mb < NEEDS_FREE_MB:
        raise LocalDevError(
            f"The disk is full: {free_mb} MB are free and {NEEDS_FREE_MB} MB are needed; free some space."
        )


def _refuse_twice(portal: Portal) -> None:
    other = pidfiles.alive(portal.home / "up.pid")
    if other is not None:
        raise LocalDevError(f"The portal runs already (process {other}): open it, or stop it with 'make down' first.")
    # Processes of a killed `up` would hold the port, and its simulator would continue even without `simulate`.
    for name in _OWN:
        pidfiles.stop(portal.home / f"{name}.pid")


def _start(portal: Portal, settings: Settings, demo: Path) -> background.Background:
    env = portal.env
    env.update(os.environ, WEB_BIND=f"127.0.0.1:{portal.port}", PYTHONUNBUFFERED="1")
    if "environment" not in settings.model_fields_set:
        env["HALOCLINE_ENVIRONMENT"] = "development"
    for name in ("API", "SEARCHES", "EXPORTS"):
        # All clients have one address here, load tests and developers' tools included.
        env.setdefault(f"HALOCLINE_{name}_PER_MIN", "0")
    # One API key may use half of them, and the page sends two files at once.
    env.setdefault("HALOCLINE_UPLOADS", "4")
    if portal.web is GUNICORN:
        # The server of `make dev` has no event loop, which live events need.
        env.setdefault("HALOCLINE_LIVE_CLIENTS", "1000")
        env.setdefault("HALOCLINE_LIVE_CLIENTS_PER_ADDRESS", "0")
    addresses = servers.start(portal.home, settings, _step)
    env.update(addresses)
    _step("Indexes")
    _command(env, "indexes")
    _step("Demo missions")
    # Status 1: a file was refused, for example because a better version of it was imported since; its line names why.
    _command(env, "ingest", str(_short(demo)), passes=(0, 1))
    if portal.is_monitored:
        monitoring.prepare(portal.home, env)
    _step("Portal")
    pidfiles.start("web", portal.web.command, portal.home, env, is_on_terminal=portal.web.is_on_terminal)
    _await_page(portal)
    _step("Worker")
    beside = background.start(portal.home, env, settings)
    if portal.simulate:
        _step("Simulated gliders")
        pidfiles.start("simulator", [sys.executable, "-m", "app.cli", "simulate"], portal.home, env)
    prometheus = _monitored(portal) if portal.is_monitored else []
    click.echo(f"\nHalocline is on {portal.url}  (Ctrl-C stops it; logs are in {_short(portal.home)})")
    if portal.simulate:
        click.echo(f"Simulated gliders dive on {portal.url}/?simulated=include")
    if addresses:
        variables = " ".join(f"{name}='{address}'" for name, address in addresses.items())
        click.echo(f"Other commands: {variables} halocline keys create feed --role importer")
    for line in prometheus:
        click.echo(line)
    return beside


def _monitored(portal: Portal) -> list[str]:
    """Start Prometheus and draw the overview; lines that name their addresses."""
    _step("Prometheus")
    url = monitoring.start(portal.home, portal.env, portal.url)
    _step("Overview (the first time npm installs the components of Grafana, which takes a minute or two)")
    path, problem = monitoring.page(portal.home, url)
    overview = f"not drawn: {problem}" if problem else path.as_uri()
    return [f"Prometheus is on {url}", f"The overview is on {overview}"]


def _command(env: Mapping[str, str], *words: str, passes: tuple[int, ...] = (0,)) -> None:
    """Run a subcommand of `halocline`, which shows progress. Raises LocalDevError unless `passes` has its status."""
    child = subprocess.Popen([sys.executable, "-m", "app.cli", *words], env=env, cwd=ROOT)
    try:
        status = child.wait()
    except _Stopped:
        child.terminate()
        child.wait()
        raise
    if status not in passes:
        raise LocalDevError(f"'halocline {' '.join(words)}' failed (status {status}); its output is above.")


def _await_page(portal: Portal) -> None:
    deadline = time.monotonic() + _PAGE_WITHIN_S
    while not _answers(portal):
        log = portal.home / "web.log"
        if pidfiles.alive(portal.home / "web.pid") is None:
            raise LocalDevError(f"The portal ended while starting: {pidfiles.last_lines(log)}")
        if time.monotonic() > deadline:
            raise LocalDevError(f"The portal served no page within {_PAGE_WITHIN_S:.0f} s; its log is {log}.")
        time.sleep(_POLL_S)


def _answers(portal: Portal) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch(portal: Portal, beside: background.Background) -> None:
    """Watch the children; never returns. Raises _Stopped on a stop signal, LocalDevError if a child ended by itself."""
    others = (name for name in _PROCESSES if name not in beside.names)
    children = [name for name in others if (portal.home / f"{name}.pid").exists()]
    while True:
        beside.check()
        for name in children:
            if pidfiles.alive(portal.home / f"{name}.pid") is None:
                log = portal.home / f"{name}.log"
                raise LocalDevError(f"{name} ended by itself; its log is {log}. Everything else is stopped too.")
        time.sleep(_POLL_S)


@contextmanager
def _signals() -> Iterator[None]:
    """Raise _Stopped on the first SIGINT, SIGTERM or SIGHUP; ignore further ones."""

    def stop(_signum: int, _frame: object) -> None:
        _ignore_signals()
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _step(what: str) -> None:
    click.echo(f"  → {what}")


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
