"""The import of a large file: its time compared with xarray, which loads the same columns, and its memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray
from pymongo import MongoClient

from bench import portals, processes
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios

_DATABASE = "halocline_bench_large"
# 23 days of one sample a second, as of delayed-mode data: with thirteen columns of 64 bits, 208 MB.
_ROWS, _ROWS_A_PROFILE = 2_000_000, 1_000
_MEASURED = (
    "temperature",
    "salinity",
    "oxygen_concentration",
    "chlorophyll",
    "cdom",
    "backscatter_700",
    "pitch",
    "roll",
)
_PAUSE_S = 0.05


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `large_import` and `large_memory`: the whole command, from its start to the rebuilt sections."""
    path = _written(bench.folder / "large" / "large.nc")
    peaks_mb: list[float] = []

    def import_s() -> float:
        duration_s, peak_mb = _imported(bench, path)
        peaks_mb.append(peak_mb)
        return duration_s

    times_s = interleaved([import_s, lambda: _load_s(path)], min(bench.rounds, 3))
    imports_s, loads_s = ([round(seconds, 2) for seconds in values] for values in zip(*times_s, strict=True))
    about = {"rows": _ROWS, "MB": round(path.stat().st_size / 1e6), "import, s": imports_s, "xarray, s": loads_s}
    yield Measured("large_import", tuple(ratios(times_s)), about)
    yield Measured("large_memory", tuple(peaks_mb), {"rows": _ROWS})


def _imported(bench: Bench, path: Path) -> tuple[float, float]:
    """The duration of an import into an empty database, s, and the peak memory of all its processes, MB."""
    stores = bench.stores
    with MongoClient[dict[str, Any]](stores.mongodb_uri) as client:
        client.drop_database(_DATABASE)
    settings = {"MONGODB_URI": stores.mongodb_uri, "MONGODB_DATABASE": _DATABASE, "REDIS_URL": stores.redis_url}
    began = time.perf_counter()
    command = [sys.executable, "-m", "app.cli", "ingest", str(path)]
    with subprocess.Popen(
        command, cwd=portals.ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True
    ) as importer:
        peak_mb = 0.0
        while importer.poll() is None:
            peak_mb = max(peak_mb, _memory_mb(importer.pid))
            time.sleep(_PAUSE_S)
        duration_s = time.perf_counter() - began
        output = importer.stdout.read() if importer.stdout else ""
    with MongoClient[dict[str, Any]](stores.mongodb_uri) as client:
        client.drop_database(_DATABASE)
    if importer.returncode != 0:
        raise RuntimeError(f"the import ended with {importer.returncode}: {output[-500:]}")
    return duration_s, peak_mb


def _memory_mb(importer: int) -> float:
    """The memory of the importer and its reader, MB: pages that they share count once. Source: proc(5)."""
    sizes_kb = []
    for pid in (importer, *_readers(importer)):
        # A process may end between the two reads.
        with suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            sizes_kb += [int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")]
    return sum(sizes_kb) * 1024 / 1e6


def _readers(importer: int) -> list[int]:
    with suppress(OSError):
        return processes.children(importer)
    return []


def _load_s(path: Path) -> float:
    """The time in which xarray loads all columns, s."""
    began = time.perf_counter()
    with xarray.open_dataset(path) as dataset:
        dataset.load()
    return time.perf_counter() - began


def _written(path: Path) -> Path:
    """The path of the file, which is written unless an earlier run did so: a time series in the form of pyglider."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    row = np.arange(_ROWS)
    profile = row // _ROWS_A_PROFILE
    share = row % _ROWS_A_PROFILE / _ROWS_A_PROFILE
    depth = np.round(200 * np.where(profile % 2 == 0, share, 1 - share), 2)
    part = path.with_suffix(".part")
    with netCDF4.Dataset(part, "w") as file:
        file.setncatts({"id": "large-20230601T0000", "title": "large", "featureType": "trajectory"})
        file.createDimension("time", _ROWS)

        def put(name: str, values: Any, units: str) -> None:
            variable = file.createVariable(name, "f8", ("time",))
            variable.units = units
            variable[:] = values

        # 2023-06-01T00:00:00Z.
        put("time", 1_685_577_600.0 + row, "seconds since 1970-01-01T00:00:00Z")
        put("longitude", 17 + 1e-6 * row, "degrees_east")
        put("latitude", 57 + 5e-7 * row, "degrees_north")
        put("depth", depth, "m")
        put("profile_index", profile + 1.0, "1")
        for i, name in enumerate(_MEASURED):
            # Sensors have about four digits, and noise in the last one.
            put(name, np.round(10 + i - 0.02 * depth + random.normal(0, 0.01, _ROWS), 3), "1")
    part.rename(path)
    return path
