"""Settings, read once from the environment, checked as a whole and frozen. Nobody else reads the environment."""

import os
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

Dependency = Literal["mongodb", "redis"]


class SettingsError(Exception):
    """The settings do not make sense; `str()` holds one line for each problem."""


class Settings(BaseSettings):
    """How this process is set up. Each name in capitals is an environment variable; NAME_FILE names a file holding it.

    Raises pydantic's ValidationError, which `load` turns into one line a problem.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    mongodb_uri: str = Field("mongodb://127.0.0.1:27017", pattern=r"^mongodb(\+srv)?://.+")
    mongodb_database: str = Field("halocline", pattern=r"^[A-Za-z0-9_-]{1,63}$")
    # Shorter than a proxy's patience, so that a visitor gets our 503 and not the proxy's.
    mongodb_timeout_ms: int = Field(2000, ge=50, le=60_000)
    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^(rediss?|unix)://.+")
    # Redis only speeds things up: waiting longer for it than for the answer itself would be absurd.
    redis_timeout_s: float = Field(0.25, gt=0, le=10)
    # Empty by default: when a shared dependency is away every replica would leave the Service at once.
    ready_requires: Annotated[frozenset[Dependency], NoDecode] = frozenset()

    environment: Literal["production", "development", "lab", "test"] = Field(
        "production", validation_alias="HALOCLINE_ENVIRONMENT"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", validation_alias="HALOCLINE_LOG_LEVEL")
    revision: str = Field("unknown", validation_alias="HALOCLINE_REVISION", max_length=64)
    public_url: HttpUrl | None = Field(None, validation_alias="HALOCLINE_PUBLIC_URL")

    # A platform is active when its newest data are at most this old.
    active_window_h: float = Field(24, gt=0, le=24 * 365, validation_alias="HALOCLINE_ACTIVE_WINDOW_H")
    # Gliders did not report like this before 2000: earlier stamps are clocks after a reboot.
    accept_from: datetime = Field(datetime(2000, 1, 1, tzinfo=UTC), validation_alias="HALOCLINE_ACCEPT_FROM")
    # Clocks on board drift by minutes, not by hours; data from the future would keep a platform active for ever.
    future_tolerance_s: int = Field(3600, ge=0, le=7 * 86_400, validation_alias="HALOCLINE_FUTURE_TOLERANCE_S")
    platforms_file: Path | None = Field(None, validation_alias="HALOCLINE_PLATFORMS_FILE")
    basins_dir: Path | None = Field(None, validation_alias="HALOCLINE_BASINS_DIR")
    # A year of delayed-mode data of the chattiest glider known is about 1 GB.
    max_file_bytes: int = Field(2 << 30, ge=1024, validation_alias="HALOCLINE_MAX_FILE_BYTES")
    # Bounds the importer's memory: about 200 bytes a sample while a file is read.
    max_samples: int = Field(20_000_000, ge=1, validation_alias="HALOCLINE_MAX_SAMPLES")
    # What reading a small file may take; each MiB adds a second. Sound ones take a tenth of that on a slow disk.
    reader_timeout_s: float = Field(60, gt=0, le=3600, validation_alias="HALOCLINE_READER_TIMEOUT_S")
    # The most that reading one file may take: 200 bytes a sample for HALOCLINE_MAX_SAMPLES of them, and room to work.
    reader_memory_bytes: int = Field(6 << 30, ge=256 << 20, validation_alias="HALOCLINE_READER_MEMORY_BYTES")

    # A server in reach takes a second to say so; the rest is for a bad line.
    fetch_connect_timeout_s: float = Field(10, gt=0, le=120, validation_alias="HALOCLINE_FETCH_CONNECT_TIMEOUT_S")
    # ERDDAP may search its files for a minute before the first byte.
    fetch_read_timeout_s: float = Field(90, gt=0, le=900, validation_alias="HALOCLINE_FETCH_READ_TIMEOUT_S")
    # For all attempts at a URL together: the largest file at 2 MB/s.
    fetch_timeout_s: float = Field(1200, gt=0, le=86_400, validation_alias="HALOCLINE_FETCH_TIMEOUT_S")
    # A server that restarts is back after the third; more would be a nuisance to one that is overloaded.
    fetch_attempts: int = Field(3, ge=1, le=10, validation_alias="HALOCLINE_FETCH_ATTEMPTS")
    # Before the second attempt; doubled before each further one.
    fetch_backoff_s: float = Field(2, ge=0, le=300, validation_alias="HALOCLINE_FETCH_BACKOFF_S")
    # Where a redirect may lead besides the host that was asked.
    fetch_hosts: Annotated[frozenset[str], NoDecode] = Field(frozenset(), validation_alias="HALOCLINE_FETCH_HOSTS")

    # A version that was replaced stays readable for nine minutes; whoever takes longer could not have it whole.
    export_timeout_s: float = Field(480, gt=0, le=540, validation_alias="HALOCLINE_EXPORT_TIMEOUT_S")

    # Faults on purpose, for drills: only where nobody relies on the answers.
    fault_error_ratio: float = Field(0, ge=0, le=1, validation_alias="HALOCLINE_FAULT_ERROR_RATIO")
    fault_delay_s: float = Field(0, ge=0, le=60, validation_alias="HALOCLINE_FAULT_DELAY_S")

    web_bind: str = Field("0.0.0.0:8000", pattern=r"^\S+:\d{1,5}$")
    metrics_bind: str = Field("0.0.0.0:9100", pattern=r"^\S+:\d{1,5}$")
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(24, ge=4, le=256)
    # Per worker; the threads above it answer probes and turn visitors away while the rest works.
    web_concurrency_limit: int = Field(12, ge=1, le=252)
    # Per worker: 800 pages of 30 kB with their compressed forms. A pod's memory limit must know of it.
    page_cache_bytes: int = Field(32 << 20, ge=0, le=4 << 30, validation_alias="HALOCLINE_PAGE_CACHE_BYTES")
    prometheus_multiproc_dir: Path | None = None
    # Whose X-Forwarded-For and -Proto are believed: addresses, networks, or `*` for whoever connects.
    forwarded_allow_ips: str = "127.0.0.1"
    # A minute, for each client; 0 is no limit. What the page cache answers is not counted, so this is work: a script
    # that asks ten times a second is welcome, sixty such would fill two workers.
    api_per_min: int = Field(600, ge=0, le=1_000_000, validation_alias="HALOCLINE_API_PER_MIN")
    # Nobody types faster than two words a second.
    searches_per_min: int = Field(120, ge=0, le=1_000_000, validation_alias="HALOCLINE_SEARCHES_PER_MIN")
    # Each may hold a thread and a cursor for minutes. Who wants many missions takes them in one.
    exports_per_min: int = Field(30, ge=0, le=1_000_000, validation_alias="HALOCLINE_EXPORTS_PER_MIN")

    @field_validator("ready_requires", "fetch_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("forwarded_allow_ips", mode="after")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in [part.strip() for part in value.split(",") if part.strip()]:
            if part != "*":
                ip_network(part)  # Its own words name what is wrong.
        return value

    @field_validator("accept_from", mode="after")
    @classmethod
    def _utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    # Field validators, not one for the model: that would stay silent while any other setting is wrong.
    @field_validator("fault_error_ratio", "fault_delay_s", mode="after")
    @classmethod
    def _faults_only_in_the_lab(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("environment") != "lab":
            raise ValueError("faults are refused unless HALOCLINE_ENVIRONMENT is lab")
        return value

    @field_validator("web_concurrency_limit", mode="after")
    @classmethod
    def _threads_in_reserve(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("web_threads", value + 3) - value < 3:
            raise ValueError("must be at least 3 below WEB_THREADS, which answer the probes")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _EnvironmentOrFile(settings_cls)


class _EnvironmentOrFile(EnvSettingsSource):
    """The text of the file that NAME_FILE names, without its last line end; else NAME from the environment.

    The file wins: who mounts a secret over a default must not silently get the default.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        value, key, is_complex = super().get_field_value(field, field_name)
        path = self.env_vars.get(f"{key}_file".lower())
        if path:
            value = _text(path)
        return value, key, is_complex


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None  # `load` names it, together with whatever else is wrong.


def load(**overrides: Any) -> Settings:
    """The settings of this process. Raises SettingsError with one line for each problem, all at once."""
    names = [str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()]
    lines = [
        f"{name}_FILE: cannot read {path}"
        for name in names
        if (path := os.environ.get(f"{name}_FILE")) and _text(path) is None
    ]
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        lines += [f"{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors()]
    if lines:
        raise SettingsError("\n".join(line.replace("Value error, ", "") for line in lines))
    return settings
