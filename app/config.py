"""Settings, read once from the environment, validated as a whole and frozen. No other module reads the environment."""

import os
import ssl
from datetime import UTC, datetime
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app import environment
from app.environment import EnvironmentOrFile

Dependency = Literal["mongodb", "redis"]
# Threads of a worker for requests with a small body, beside uploads. Each request takes milliseconds, because the body
# has arrived before the thread begins.
SMALL_BODIES = 2
_MONGODB = r"^mongodb(\+srv)?://.+"
# Sources of `frame-ancestors` (CSP level 3, 2.3.1): hosts may begin with `*.`.
_SOURCES = r"^(\*|'none'|('self'|https?://[A-Za-z0-9.*:-]+)( ('self'|https?://[A-Za-z0-9.*:-]+))*)$"


class SettingsError(Exception):
    """The settings are invalid; `str()` has one line for each problem."""


class Settings(BaseSettings):
    """The settings of this process. Each name in capitals is an environment variable; NAME_FILE names a file with it.

    Raises pydantic's ValidationError, which `load` turns into one line for each problem.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    mongodb_uri: str = Field("mongodb://127.0.0.1:27017", pattern=_MONGODB)
    mongodb_database: str = Field("halocline", pattern=r"^[A-Za-z0-9_-]{1,63}$")
    # The certificate authority of MongoDB's servers; set, all connections to MongoDB use TLS and check it.
    mongodb_tls_ca_path: Path | None = None
    # Shorter than the timeout of a proxy, so that a client gets the portal's 503 and not the proxy's.
    mongodb_timeout_ms: int = Field(2000, ge=50, le=60_000)
    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^(rediss?|unix)://.+")
    # Redis only saves time, so a wait must be shorter than rendering without it.
    redis_timeout_s: float = Field(0.25, gt=0, le=10)
    # The queue, which must neither evict nor forget: a server of its own, not REDIS_URL. Unset: importers do the
    # work themselves.
    redis_broker_url: str | None = Field(None, pattern=r"^(rediss?|unix)://.+")
    # Changes and adds entries of the schedule (app/tasks/schedule.py).
    schedule_file: Path | None = Field(None, validation_alias="HALOCLINE_SCHEDULE_FILE")
    # Where scheduled backups go; unset: none are scheduled.
    backup_target: str | None = Field(None, validation_alias="HALOCLINE_BACKUP_TARGET")
    # The account of scheduled backups, which needs other rights than that of imports; unset: MONGODB_URI.
    backup_mongodb_uri: str | None = Field(None, pattern=_MONGODB, validation_alias="HALOCLINE_BACKUP_MONGODB_URI")
    # Empty by default: with an unreachable shared dependency, all replicas would leave the Service at once.
    ready_requires: Annotated[frozenset[Dependency], NoDecode] = frozenset()

    environment: Literal["production", "development", "lab", "test"] = Field(
        "production", validation_alias="HALOCLINE_ENVIRONMENT"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", validation_alias="HALOCLINE_LOG_LEVEL")
    revision: str = Field("unknown", validation_alias="HALOCLINE_REVISION", max_length=64)
    # Required for a web process in production: absolute links must not follow the Host header of a client.
    public_url: HttpUrl | None = Field(None, validation_alias="HALOCLINE_PUBLIC_URL")
    # Hosts that requests may name besides that of HALOCLINE_PUBLIC_URL. Outside production, empty allows any host.
    allowed_hosts: Annotated[frozenset[str], NoDecode] = Field(frozenset(), validation_alias="HALOCLINE_ALLOWED_HOSTS")

    # Sites that may show a page with ?embed=1 in a frame. It has no session: a hostile frame gains nothing.
    embed_ancestors: str = Field("*", validation_alias="HALOCLINE_EMBED_ANCESTORS", pattern=_SOURCES)

    # A platform is active when its newest data are at most this old.
    active_window_h: float = Field(24, gt=0, le=24 * 365, validation_alias="HALOCLINE_ACTIVE_WINDOW_H")
    # No glider reported in these formats before 2000: earlier timestamps come from clocks that a reboot reset.
    accept_from: datetime = Field(datetime(2000, 1, 1, tzinfo=UTC), validation_alias="HALOCLINE_ACCEPT_FROM")
    # Clocks on board drift by minutes, not by hours. Data from the future would keep a platform active for ever.
    future_tolerance_s: int = Field(3600, ge=0, le=7 * 86_400, validation_alias="HALOCLINE_FUTURE_TOLERANCE_S")
    platforms_file: Path | None = Field(None, validation_alias="HALOCLINE_PLATFORMS_FILE")
    basins_dir: Path | None = Field(None, validation_alias="HALOCLINE_BASINS_DIR")
    # A year of delayed-mode data of the glider with the highest known data rate is about 1 GB.
    max_file_bytes: int = Field(2 << 30, ge=1024, validation_alias="HALOCLINE_MAX_FILE_BYTES")
    # Bounds the memory of an import: about 200 bytes a sample while a file is read.
    max_samples: int = Field(20_000_000, ge=1, validation_alias="HALOCLINE_MAX_SAMPLES")
    # Timeout for reading a small file; each MiB adds a second. Valid files take a tenth of it on a slow disk.
    reader_timeout_s: float = Field(60, gt=0, le=3600, validation_alias="HALOCLINE_READER_TIMEOUT_S")
    # Memory limit for reading one file: 200 bytes a sample for HALOCLINE_MAX_SAMPLES, and working memory.
    reader_memory_bytes: int = Field(6 << 30, ge=256 << 20, validation_alias="HALOCLINE_READER_MEMORY_BYTES")

    # A reachable server accepts within a second; the rest is for a slow network.
    fetch_connect_timeout_s: float = Field(10, gt=0, le=120, validation_alias="HALOCLINE_FETCH_CONNECT_TIMEOUT_S")
    # ERDDAP may search its files for a minute before the first byte.
    fetch_read_timeout_s: float = Field(90, gt=0, le=900, validation_alias="HALOCLINE_FETCH_READ_TIMEOUT_S")
    # For all attempts at a URL together: enough for the largest file at 2 MB/s.
    fetch_timeout_s: float = Field(1200, gt=0, le=86_400, validation_alias="HALOCLINE_FETCH_TIMEOUT_S")
    # A server that restarts is reachable again at the third attempt; more would add load to an overloaded server.
    fetch_attempts: int = Field(3, ge=1, le=10, validation_alias="HALOCLINE_FETCH_ATTEMPTS")
    # Before the second attempt; doubled before each further one.
    fetch_backoff_s: float = Field(2, ge=0, le=300, validation_alias="HALOCLINE_FETCH_BACKOFF_S")
    # Hosts that a redirect may lead to, besides the host of the URL.
    fetch_hosts: Annotated[frozenset[str], NoDecode] = Field(frozenset(), validation_alias="HALOCLINE_FETCH_HOSTS")

    # The store of backups with a target s3://…, under the names that the tools of all S3-compatible stores read.
    aws_endpoint_url: str | None = Field(None, pattern=r"^https?://.+")
    aws_region: str = "us-east-1"
    # Without them, the identity of the workload or of the machine counts.
    aws_access_key_id: str | None = None
    aws_secret_access_key: str | None = None

    # A replaced version stays readable for nine minutes, so a longer export could not be completed.
    export_timeout_s: float = Field(480, gt=0, le=540, validation_alias="HALOCLINE_EXPORT_TIMEOUT_S")

    # Traces and error reports, under the names that the tools of all receivers use. Off by default. Both need the
    # packages of requirements/tracing.txt, which no image contains.
    otel_exporter_otlp_endpoint: str | None = Field(None, pattern=r"^https?://.+")
    otel_exporter_otlp_headers: str | None = Field(None, pattern=r"^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$")
    # The share of traced requests, unless the caller has decided. All would send more bytes than the pages have.
    otel_traces_sampler_arg: float = Field(0.05, ge=0, le=1)
    sentry_dsn: str | None = Field(None, pattern=r"^https?://.+@.+")

    # Injected faults for drills; accepted only in the lab.
    fault_error_ratio: float = Field(0, ge=0, le=1, validation_alias="HALOCLINE_FAULT_ERROR_RATIO")
    fault_delay_s: float = Field(0, ge=0, le=60, validation_alias="HALOCLINE_FAULT_DELAY_S")

    # Loopback: only an installation knows who may connect to its other addresses. The image listens on all of them.
    web_bind: str = Field("127.0.0.1:8000", pattern=r"^\S+:\d{1,5}$")
    metrics_bind: str = Field("127.0.0.1:9100", pattern=r"^\S+:\d{1,5}$")
    web_workers: int = Field(2, ge=1, le=64)
    # Per worker: the concurrency limit, and four downloads (app/http/download_slots.py).
    web_threads: int = Field(7, ge=2, le=256)
    # Per worker. One thread at a time runs Python, so three renderings that wait for MongoDB a few milliseconds use it
    # fully; with twelve, cached pages took three times as long under overload. The threads above it send downloads.
    web_concurrency_limit: int = Field(3, ge=1, le=255)
    # Per worker: 800 pages of 30 kB with their compressed forms. The memory limit of a pod must include it.
    page_cache_bytes: int = Field(32 << 20, ge=0, le=4 << 30, validation_alias="HALOCLINE_PAGE_CACHE_BYTES")
    # Open pages that a worker refreshes by GET /live/events, 3 kB and a socket each; 0: this process serves no streams.
    # Off by default: in a cluster, pods of their own serve them.
    live_clients: int = Field(0, ge=0, le=50_000, validation_alias="HALOCLINE_LIVE_CLIENTS")
    # Pages open GET /live: for web processes whose streams others serve. HALOCLINE_LIVE_CLIENTS implies it.
    live_events: bool = Field(False, validation_alias="HALOCLINE_LIVE_EVENTS")
    # The former name of HALOCLINE_LIVE_EVENTS: updates are the entries of the feed.
    live_updates: bool = Field(False, validation_alias="HALOCLINE_LIVE_UPDATES")
    # An institute, or a ship, has one address for all of its people; a browser has one stream for each visible page.
    live_clients_per_address: int = Field(50, ge=0, validation_alias="HALOCLINE_LIVE_CLIENTS_PER_ADDRESS")
    # Uploads that a worker receives at once, each with a thread and 2 MB; 0: this process accepts none. Off by default:
    # in a cluster, pods of their own receive them, and the account of the other ones cannot write.
    uploads: int = Field(0, ge=0, le=64, validation_alias="HALOCLINE_UPLOADS")
    # Pages link to /imports/new: for web processes beside others that accept uploads. HALOCLINE_UPLOADS implies it.
    upload_page: bool = Field(False, validation_alias="HALOCLINE_UPLOAD_PAGE")
    # Files of importers wait for an operator, who sees what each one would change.
    upload_quarantine: bool = Field(False, validation_alias="HALOCLINE_UPLOAD_QUARANTINE")
    # After these days without a decision they are rejected: their files must not fill MongoDB for ever. For workers.
    upload_quarantine_days: float = Field(30, gt=0, le=3650, validation_alias="HALOCLINE_UPLOAD_QUARANTINE_DAYS")
    # Wrong API keys of a client; a correct one is always accepted. A person mistypes one a few times.
    wrong_keys_per_min: int = Field(10, ge=0, le=1_000_000, validation_alias="HALOCLINE_WRONG_KEYS_PER_MIN")
    prometheus_multiproc_dir: Path | None = None
    # The proxies whose X-Forwarded-For and -Proto are trusted: addresses, networks, or `*` for any peer.
    forwarded_allow_ips: str = "127.0.0.1"
    # Per client and minute; 0 is no limit. Cache hits are not counted, so each counted request is work: one script with
    # ten requests a second is acceptable, sixty of them would occupy two workers.
    api_per_min: int = Field(600, ge=0, le=1_000_000, validation_alias="HALOCLINE_API_PER_MIN")
    # A person types at most two words a second.
    searches_per_min: int = Field(120, ge=0, le=1_000_000, validation_alias="HALOCLINE_SEARCHES_PER_MIN")
    # Each may hold a thread and a cursor for minutes. One export can contain many missions. 0 also lifts the limit of
    # downloads at once for one client: in a load test, all clients have one address.
    exports_per_min: int = Field(30, ge=0, le=1_000_000, validation_alias="HALOCLINE_EXPORTS_PER_MIN")

    # Senders of POST /api/v1/positions with their secrets; read again when it changes. Unset: no positions.
    position_secrets_file: Path | None = Field(None, validation_alias="HALOCLINE_POSITION_SECRETS_FILE")

    @field_validator("mongodb_uri", "backup_mongodb_uri", mode="after")
    @classmethod
    def _parsed(cls, value: str | None) -> str | None:
        from pymongo.errors import PyMongoError
        from pymongo.uri_parser import parse_uri

        if value is not None and value.startswith("mongodb://"):
            try:
                parse_uri(value, warn=False)
            except (PyMongoError, ValueError):
                # Not the text of the error, which may contain a part of the password.
                problem = "is not a MongoDB URI; special characters of a password are escaped, / as %2F"
                raise ValueError(problem) from None
        return value

    @field_validator("mongodb_tls_ca_path", mode="after")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.create_default_context(cafile=value)
            except OSError:  # Its subclass ssl.SSLError: the file has no certificates.
                raise ValueError(f"cannot read certificates from {value}") from None
        return value

    @field_validator("ready_requires", "fetch_hosts", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("forwarded_allow_ips", mode="after")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in [part.strip() for part in value.split(",") if part.strip()]:
            if part != "*":
                ip_network(part)  # Its ValueError describes the problem.
        return value

    @field_validator("allowed_hosts", mode="after")
    @classmethod
    def _lower_case(cls, value: frozenset[str]) -> frozenset[str]:
        return frozenset(host.lower() for host in value)

    @property
    def served_hosts(self) -> frozenset[str] | None:
        """The hosts, without ports, that requests may name; None for any host."""
        if self.environment != "production" and not self.allowed_hosts:
            return None
        public = (self.public_url.host,) if self.public_url is not None else ()
        return self.allowed_hosts | {host for host in public if host}

    @property
    def otel_headers(self) -> list[str]:
        """The headers for the receiver of traces, each as `name=value`."""
        return self.otel_exporter_otlp_headers.split(",") if self.otel_exporter_otlp_headers else []

    @property
    def body_threads(self) -> int:
        """Threads of a worker for requests with a body: uploads, and small ones such as positions."""
        return self.uploads and self.uploads + SMALL_BODIES

    @property
    def has_live_events(self) -> bool:
        """True if pages refresh themselves through GET /live."""
        return self.live_events or self.live_updates or self.live_clients > 0

    @field_validator("accept_from", mode="after")
    @classmethod
    def _utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    # Validators of fields, not of the model: that one would not run while any other setting is invalid.
    @field_validator("fault_error_ratio", "fault_delay_s", mode="after")
    @classmethod
    def _faults_only_in_the_lab(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("environment") != "lab":
            raise ValueError("faults are refused unless HALOCLINE_ENVIRONMENT is lab")
        return value

    @field_validator("web_concurrency_limit", mode="after")
    @classmethod
    def _threads_in_reserve(cls, value: int, info: ValidationInfo) -> int:
        if value >= info.data.get("web_threads", value + 1):
            raise ValueError("must be below WEB_THREADS, so that a thread is left for downloads")
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
        return init_settings, EnvironmentOrFile(settings_cls)


def load(**overrides: Any) -> Settings:
    """The settings of this process. Raises SettingsError with one line for each problem, all at once."""
    names = [str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()]
    lines = [
        f"{name}_FILE: cannot read {path}"
        for name in names
        if (path := os.environ.get(f"{name}_FILE")) and environment.text(path) is None
    ]
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        lines += [f"{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors()]
    if lines:
        raise SettingsError("\n".join(line.replace("Value error, ", "") for line in lines))
    return settings


def load_web() -> Settings:
    """The settings of a web process, which needs more of them in production. Raises SettingsError as `load` does."""
    settings = load()
    if settings.environment == "production" and settings.public_url is None:
        raise SettingsError("HALOCLINE_PUBLIC_URL: is required in production, such as https://ocean.example.org/")
    if settings.uploads and settings.redis_broker_url and find_spec("celery") is None:
        raise SettingsError("HALOCLINE_UPLOADS: needs the image halocline-ingest, or the package halocline[ingest]")
    needs = (
        ("OTEL_EXPORTER_OTLP_ENDPOINT", settings.otel_exporter_otlp_endpoint, "opentelemetry"),
        ("SENTRY_DSN", settings.sentry_dsn, "sentry_sdk"),
    )
    lacking = [name for name, value, package in needs if value and find_spec(package) is None]
    if lacking:
        raise SettingsError("\n".join(f"{name}: needs the packages of requirements/tracing.txt" for name in lacking))
    return settings
