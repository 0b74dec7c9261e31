"""The model of docs/capacity.md: load, size and limits of an installation that is a multiple of today's."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.capacity import pods as beside_web
from bench.capacity import sizing

HERE = Path(__file__).parent
GIB = 2**30
# Of deploy/k8s/base; tests/unit/bench/test_capacity_growth.py compares them with the manifests.
WEB_REQUEST_CORES, HPA_TARGET, WORKERS, THREADS = 0.5, 0.6, 2, 7
# Of deploy/k8s/base/verify: 24,000 missions of 80 profiles in half an hour.
VERIFIED_PER_S = 24_000 * 80 / 1800


@dataclass(frozen=True, slots=True)
class Base:
    """The measured and the assumed values."""

    today: Mapping[str, Mapping[str, Mapping[str, Any]]]
    rows: Mapping[str, Mapping[str, Any]]
    sizes: Mapping[str, Any]

    def assumed(self, group: str, name: str) -> float:
        """A value of today.toml."""
        return float(self.today[group][name]["value"])

    def bytes_per(self, unit: str, *kinds: str) -> float:
        """The bytes of a unit of the archive, such as a profile; `disk` and `index` unless `kinds` names others."""
        sizes = self.sizes["sizes"][unit]
        return float(sum(sizes[f"{kind}_bytes"] for kind in kinds or ("disk", "index")) / self.sizes["units"][unit])

    @property
    def hit_ms(self) -> float:
        """The CPU time of a cached page."""
        return float(self.rows["landing_warm"]["about"]["cpu_ms_per_1000"][0]) / 1000

    @property
    def render_ms(self) -> float:
        """The time of a page that is not cached."""
        return float(self.rows["miss"]["about"]["ms"][0])

    @property
    def export_rows_per_s(self) -> float:
        return float(self.rows["export_csv"]["about"]["rows a second"])

    @property
    def imported_per_s(self) -> float:
        """Profiles a second of one importer, with reading, tracks and totals."""
        return float(self.rows["ingest"]["about"]["with_reading_tracks_and_totals"])


def base() -> Base:
    """The values of the repository's files."""
    return Base(
        tomllib.loads((HERE / "today.toml").read_text(encoding="utf-8")),
        json.loads((HERE.parent / "results.json").read_text(encoding="utf-8"))["rows"],
        json.loads((HERE / "sizes.json").read_text(encoding="utf-8")),
    )


@dataclass(frozen=True)
class Installation:
    """An installation with `factor` times the traffic and the archive of today."""

    base: Base
    factor: float

    def _archive(self, name: str) -> float:
        return self.base.assumed("archive", name)

    def _traffic(self, name: str) -> float:
        return self.base.assumed("traffic", name)

    @property
    def missions(self) -> float:
        return self.factor * self._archive("missions")

    @property
    def profiles(self) -> float:
        return self.missions * self._archive("profiles_per_mission")

    @property
    def samples(self) -> float:
        return self.profiles * self._archive("samples_per_profile")

    @property
    def imports_per_s(self) -> float:
        return self.factor * self._archive("platforms_at_sea") * self._archive("imports_per_platform_day") / 86_400

    @property
    def originals_gib(self) -> float:
        """Original files as MongoDB stores them."""
        sizes, units = self.base.sizes["sizes"], self.base.sizes["units"]
        bytes_per_sample = units["original_byte"] / units["sample"]
        stored = sizes["original_byte"]["disk_bytes"] / units["original_byte"]
        return float(self.samples * bytes_per_sample * stored / GIB)

    @cached_property
    def parts_gib(self) -> dict[str, float]:
        """The parts of the archive on the disk of one member, indexes included."""
        per = self.base.bytes_per
        return {
            "missions": self.missions * per("mission") / GIB,
            "sections and tracks": self.missions * per("imported_mission") / GIB,
            "profiles": self.profiles * per("profile") / GIB,
            "samples": self.samples * per("sample") / GIB,
            "original files": self.originals_gib,
        }

    @property
    def disk_gib(self) -> float:
        """The disk of one member, without the oplog."""
        return sum(self.parts_gib.values())

    @property
    def unsharded_gib(self) -> float:
        """The collections that stay on one shard."""
        return self.parts_gib["missions"] + self.parts_gib["sections and tracks"]

    @property
    def working_set_gib(self) -> float:
        """What the cache of MongoDB should hold: missions with their indexes, and the indexes of the hot profiles."""
        per, hot = self.base.bytes_per, self._archive("hot_share")
        missions = self.missions * per("mission", "data", "index")
        return (missions + hot * self.profiles * per("profile", "index")) / GIB

    @property
    def verify_h(self) -> float:
        return self.profiles / VERIFIED_PER_S / 3600

    @property
    def reimport_h(self) -> float:
        return self.profiles / self.base.imported_per_s / 3600

    @property
    def backup_h(self) -> float:
        return self.disk_gib * GIB / (self.base.assumed("cost", "backup_mb_per_s") * 1e6) / 3600

    @property
    def shards(self) -> int:
        return math.ceil(self.disk_gib / self.base.assumed("limits", "replica_set_gib"))

    @property
    def peak_rps(self) -> float:
        return self.factor * self._traffic("peak_rps")

    @property
    def rendered_per_s(self) -> float:
        return self.peak_rps * self._traffic("rendered_share")

    @property
    def exported_per_s(self) -> float:
        return self.peak_rps * self._traffic("exported_share")

    @property
    def hits_per_s(self) -> float:
        return self.peak_rps - self.rendered_per_s - self.exported_per_s

    @property
    def rows_per_export(self) -> float:
        return self._archive("profiles_per_mission") * self._archive("samples_per_profile")

    @cached_property
    def cores(self) -> dict[str, float]:
        """The CPU time of web pods by kind of response."""
        return {
            "cached": self.hits_per_s * self.base.hit_ms / 1000,
            "rendered": self.rendered_per_s * self.base.render_ms / 1000,
            "downloads": self.exported_per_s * self.rows_per_export / self.base.export_rows_per_s,
        }

    @property
    def web_cores(self) -> float:
        """The CPU time of web pods without a CDN."""
        return sum(self.cores.values())

    @property
    def origin_rps(self) -> float:
        """The requests that reach the web pods behind a CDN."""
        return self.peak_rps - self.hits_per_s * self._traffic("cdn_share")

    @property
    def cdn_requests_percent(self) -> float:
        """The share of the requests that a CDN answers."""
        return 100 * (1 - self.origin_rps / self.peak_rps)

    @property
    def cdn_cores_percent(self) -> float:
        """The share of the web pods' CPU time that a CDN saves."""
        return 100 * (1 - self.origin_cores / self.web_cores)

    @property
    def origin_cores(self) -> float:
        cores = self.cores
        return cores["cached"] * (1 - self._traffic("cdn_share")) + cores["rendered"] + cores["downloads"]

    @property
    def pods(self) -> int:
        """Web pods at the autoscaler's target, with the request of the base; without a CDN."""
        return max(3, math.ceil(self.web_cores / (WEB_REQUEST_CORES * HPA_TARGET)))

    @property
    def mongodb_connections(self) -> int:
        """Connections at the primary during a rollout."""
        pods = self.pods + math.ceil(self.pods * sizing.SURGE)
        clients = sizing.OTHER_CLIENTS * sizing.OTHER_POOL + beside_web.connections() + sizing.SERVER_CONNECTIONS
        return pods * WORKERS * (sizing.mongodb_pool(THREADS) + sizing.MONITORS) + clients

    @property
    def pooled_connections(self) -> float:
        """The part of them that grows with the traffic: those of as many pods as the load needs, without a minimum."""
        pods = self.web_cores / (WEB_REQUEST_CORES * HPA_TARGET) * (1 + sizing.SURGE)
        return pods * WORKERS * (sizing.mongodb_pool(THREADS) + sizing.MONITORS)

    @property
    def mongodb_cores(self) -> float:
        return self.rendered_per_s * self.base.assumed("cost", "mongodb_ms") / 1000

    @property
    def redis_commands_per_s(self) -> float:
        return self.rendered_per_s * self.base.assumed("cost", "redis_commands")

    @property
    def egress_mbit_per_s(self) -> float:
        """All responses, without a CDN."""
        ordinary = (self.peak_rps - self.exported_per_s) * self._traffic("response_bytes")
        exports = self.exported_per_s * self.rows_per_export * self._traffic("export_bytes_per_row")
        return (ordinary + exports) * 8 / 1e6
