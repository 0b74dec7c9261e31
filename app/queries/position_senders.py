"""The senders of positions from their file, which is read again when it has changed."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from app.domain import position_senders
from app.domain.position_senders import Sender
from app.errors import Invalid, Unavailable

T = TypeVar("T")
log = structlog.get_logger(__name__)


class FollowedFile(Generic[T]):
    """The value of a file. A changed file that cannot be used is logged once, and the value before it stays."""

    def __init__(self, path: Path, parse: Callable[[str], T]) -> None:
        self._path, self._parse = path, parse
        # Of a file that was never looked at; None is a missing one.
        self._seen: tuple[int, int, int] | bool | None = False
        self._value: T | None = None
        self._lock = threading.Lock()

    def value(self) -> T | None:
        """The present value; None before the first usable one. It costs one system call for an unchanged file."""
        with self._lock:
            # Before the reading, so that a file that changes meanwhile is read again.
            seen = self._state()
            if seen != self._seen:
                self._seen = seen
                self._read()
            return self._value

    def _state(self) -> tuple[int, int, int] | None:
        """What differs after a change. A Secret in Kubernetes is a link to another file after each change."""
        try:
            state = self._path.stat()
        except OSError:
            return None
        return state.st_ino, state.st_mtime_ns, state.st_size

    def _read(self) -> None:
        try:
            self._value = self._parse(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            log.error("settings_file_unusable", file=self._path.name, problem="cannot be read")
        except Invalid as error:
            log.error("settings_file_unusable", file=self._path.name, problem=str(error))
        else:
            log.info("settings_file_read", file=self._path.name)


class Senders:
    """The senders of a portal, and the providers of platforms by `platforms.toml`."""

    def __init__(self, secrets_file: Path | None, platforms_file: Path | None) -> None:
        self._senders = FollowedFile(secrets_file, position_senders.parsed) if secrets_file else None
        # The file of the package names no provider.
        self._owners = FollowedFile(platforms_file, position_senders.owners) if platforms_file else None

    @property
    def is_configured(self) -> bool:
        """True if there is a file of senders."""
        return self._senders is not None

    def current(self) -> tuple[Sender, ...]:
        """The present senders. Raises Unavailable while the file has never been usable."""
        senders = self._senders.value() if self._senders is not None else ()
        if senders is None:
            raise Unavailable("The list of senders")
        return senders

    def owners(self) -> Mapping[str, str]:
        """The provider of each platform that has one. Raises Unavailable while the file has never been usable."""
        owners = self._owners.value() if self._owners is not None else {}
        if owners is None:
            raise Unavailable("The list of owners")
        return owners
