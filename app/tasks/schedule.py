"""The schedule: what runs when. The defaults are here; a TOML file (HALOCLINE_SCHEDULE_FILE) changes and adds entries.

All times are UTC. Times of day are not on the hour, when most jobs of a cluster start.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from celery.schedules import crontab, schedule
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.config import Settings, SettingsError
from app.errors import Invalid
from app.ingest.remote import urls
from app.tasks.attempts import Slot

_DAY = timedelta(days=1)

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_LARGER = {"s": 60, "m": 60, "h": 24}
# The first slot of intervals, and a Monday.
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True, slots=True)
class Timing:
    """When slots begin: `every` so often, or daily or weekly (`weekday`, 0 is Monday) at a time of day."""

    every: timedelta
    offset: timedelta = timedelta()

    def slot(self, now: datetime) -> datetime:
        """The begin of the latest slot that is not after `now`."""
        return now - (now - _EPOCH - self.offset) % self.every

    def for_celery(self) -> schedule | crontab:
        """The same times for Celery's beat."""
        if self.every < _UNITS["m"]:
            return schedule(self.every)
        minutes, hours = divmod(self.offset, _UNITS["m"])[0] % 60, self.offset // _UNITS["h"] % 24
        if self.every < _UNITS["h"]:
            return crontab(minute=f"*/{self.every // _UNITS['m']}")
        if self.every < _DAY:
            return crontab(minute="0", hour=f"*/{self.every // _UNITS['h']}")
        # Celery counts from Sunday, as cron does.
        day = "*" if self.every == _DAY else str((self.offset // _DAY + 1) % 7)
        return crontab(minute=str(minutes), hour=str(hours), day_of_week=day)

    def described(self) -> str:
        """The times in words."""
        if self.every < _DAY:
            return f"every {self.every}"
        hours, minutes = divmod(self.offset % _DAY // _UNITS["m"], 60)
        days = "each day" if self.every == _DAY else f"each {WEEKDAYS[self.offset // _DAY]}"
        return f"{days} at {hours:02}:{minutes:02} UTC"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the schedule: the task to queue in each slot, with its arguments."""

    name: str
    task: str
    arguments: dict[str, Any]
    timing: Timing

    def slot(self, now: datetime) -> Slot:
        """The latest slot, and the next one."""
        at = self.timing.slot(now)
        return Slot(self.name, at, at + self.timing.every)


def _duration(text: Any) -> Any:
    match = re.fullmatch(r"([1-9]\d{0,2})([smh])", text) if isinstance(text, str) else None
    if match is None or _LARGER[match[2]] % int(match[1]):
        raise ValueError("use a part of a minute, an hour or a day, such as 30s, 15m or 6h")
    return int(match[1]) * _UNITS[match[2]]


def _time_of_day(text: Any) -> Any:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('use a time of day in UTC, such as "02:23"')
    return timedelta(hours=int(match[1]), minutes=int(match[2]))


class _Timed(BaseModel):
    """When an entry is due: `at` with or without `weekday`, or `every`; the default of its class without both."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    default: ClassVar[Timing]

    every: Annotated[timedelta | None, BeforeValidator(_duration)] = None
    at: Annotated[timedelta | None, BeforeValidator(_time_of_day)] = None
    weekday: Weekday | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _one_of_two(self) -> "_Timed":
        if self.every is not None and (self.at is not None or self.weekday is not None):
            raise ValueError("use either `every`, or `at` with or without `weekday`")
        if self.weekday is not None and self.at is None:
            raise ValueError("`weekday` needs `at`")
        return self

    @property
    def timing(self) -> Timing:
        """The times of the entry."""
        if self.every is not None:
            return Timing(self.every)
        if self.at is None:
            return self.default
        if self.weekday is None:
            return Timing(_DAY, self.at)
        return Timing(7 * _DAY, WEEKDAYS.index(self.weekday) * _DAY + self.at)


# Lost messages are rare: kombu takes them from Redis and records it in two steps.
_RECOVERY = Timing(timedelta(minutes=15))


class _Verify(_Timed):
    # When there are the fewest visitors and few gliders report.
    default = Timing(_DAY, timedelta(hours=2, minutes=23))
    pace: Annotated[float, Field(ge=0.01, le=1)] = 0.5


class _Backup(_Timed):
    # Before the verification.
    default = Timing(_DAY, timedelta(hours=1, minutes=13))
    keep_days: Annotated[float, Field(gt=0)] = 30


class _RestoreTest(_Timed):
    # On Sundays, after the backup and the verification of the night.
    default = Timing(7 * _DAY, 6 * _DAY + timedelta(hours=4, minutes=43))


_Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]


class _Source(_Timed):
    name: _Name
    # At once in a queue that others share; the next slot continues.
    most: int = Field(200, ge=1, le=10_000)


def _erddap(text: Any) -> Any:
    try:
        address = urls.parsed(str(text))
        if address.root is None:
            raise ValueError("use the URL of an ERDDAP, such as https://a.example/erddap")
        if address.credentials is not None:
            raise ValueError("has a password, which other processes could read in the queue")
    except Invalid as error:
        raise ValueError(error.problem) from error
    return text


class _Erddap(_Source):
    # Surfacings are hours apart, and a server lists its datasets within a minute.
    default = Timing(timedelta(minutes=30))
    url: Annotated[str, BeforeValidator(_erddap)]
    datasets: tuple[str, ...] = ("*",)


class _Watch(_Source):
    # A file is queued at the second look: a minute or two after it is complete.
    default = Timing(timedelta(minutes=1))
    folder: Path


def _endpoint(text: Any) -> Any:
    # Not the text itself, which may have a password.
    if not isinstance(text, str) or not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+/?", text):
        raise ValueError("use the address of a store, such as https://s3.example.org, without name and password")
    return text


class _Bucket(_Source):
    # As surfacings, objects arrive minutes to hours apart.
    default = Timing(timedelta(minutes=5))
    bucket: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$")]
    prefix: Annotated[str, Field(max_length=500)] = ""
    endpoint: Annotated[str | None, BeforeValidator(_endpoint)] = None
    region: str = "us-east-1"
    # A file, so that no key is in the schedule or in the queue.
    credentials: Path | None = None
    anonymous: bool = False
    names: tuple[str, ...] = ("*.nc",)
    # Stores list an object when it is complete; this is for those that other programs replace in steps.
    settled_s: int = Field(60, ge=0, le=86_400)

    def arguments(self, entry: str) -> dict[str, Any]:
        """The arguments of the task."""
        return {"entry": entry, **self.model_dump(mode="json", exclude={"name", "every", "at", "weekday", "enabled"})}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    verify: _Verify = _Verify()
    backup: _Backup = _Backup()
    restore_test: _RestoreTest = Field(_RestoreTest(), alias="restore-test")
    erddap: tuple[_Erddap, ...] = ()
    watch: tuple[_Watch, ...] = ()
    bucket: tuple[_Bucket, ...] = ()

    @model_validator(mode="after")
    def _unique_names(self) -> "_File":
        names = [each.name for each in (*self.erddap, *self.watch, *self.bucket)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two entries have the name {twice[0]}")
        return self


# The tables of the file.
_MODELS: dict[str, type[BaseModel]] = {
    "verify": _Verify,
    "backup": _Backup,
    "restore-test": _RestoreTest,
    "erddap": _Erddap,
    "watch": _Watch,
    "bucket": _Bucket,
}


def entries(settings: Settings) -> dict[str, Entry]:
    """The entries that are due, by name. Raises SettingsError with one line for each problem of the file.

    Backups and restore tests need HALOCLINE_BACKUP_TARGET.
    """
    content = {} if settings.schedule_file is None else _read(settings.schedule_file)
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        lines = [f"{settings.schedule_file}: {_problem(each)}" for each in error.errors()]
        raise SettingsError("\n".join(dict.fromkeys(lines))) from None
    has_target = settings.backup_target is not None
    return {entry.name: entry for entry in _entries(file, has_target)}


def _entries(file: _File, has_target: bool) -> Iterator[Entry]:
    yield Entry("recover", "recover", {}, _RECOVERY)
    if file.verify.enabled:
        yield Entry("verify", "verify", {"pace": file.verify.pace}, file.verify.timing)
    if file.backup.enabled and has_target:
        yield Entry("backup", "backup", {"keep_days": file.backup.keep_days}, file.backup.timing)
    if file.restore_test.enabled and has_target:
        yield Entry("restore-test", "restore-test", {}, file.restore_test.timing)
    for source in file.erddap:
        if source.enabled:
            arguments = {"url": source.url, "datasets": list(source.datasets), "most": source.most}
            yield Entry(f"erddap-{source.name}", "pull", arguments, source.timing)
    for each in file.watch:
        if each.enabled:
            name = f"watch-{each.name}"
            yield Entry(name, "watch", {"entry": name, "folder": str(each.folder), "most": each.most}, each.timing)
    for store in file.bucket:
        if store.enabled:
            name = f"bucket-{store.name}"
            yield Entry(name, "bucket", store.arguments(name), store.timing)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"HALOCLINE_SCHEDULE_FILE: cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None


def _problem(problem: Any) -> str:
    """A problem of the file in one line, with the names that may be used for one that is unknown."""
    location = [str(part) for part in problem["loc"]]
    where = ".".join(location) or "the schedule"
    if problem["type"] != "extra_forbidden":
        return f"{where}: {problem['msg'].removeprefix('Value error, ')}"
    known = sorted(_MODELS) if len(location) == 1 else sorted(_MODELS[location[0]].model_fields)
    return f"{where}: is unknown; use {', '.join(known)}"
