"""Exports of a million rows compared with pandas and xarray, which write the same rows; and the memory they take."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import xarray

from app import config
from app.seeding import run
from app.seeding.plan import Plan
from bench import portals, processes
from bench.data import Stores
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios

DATABASE = "halocline_bench_export"
_PROFILES, _SAMPLES = 5_000, 200
_ROWS = "N_MEASUREMENTS"
_PIECE_BYTES = 1 << 20
_TIMEOUT_S = 300


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `export_csv`, `export_netcdf` and `export_memory`, of one worker and one client."""
    path = _prepared(bench.stores)
    folder = bench.folder / "exports"
    with portals.started(
        bench.stores.mongodb_uri, bench.stores.redis_url, DATABASE, folder / "portal.log", WEB_WORKERS="1"
    ) as server:
        (worker,) = processes.children(server.pid)
        netcdf, csv = f"{path}?format=netcdf", f"{path}?format=csv"
        exported, written = folder / "exported.nc", folder / "written.nc"
        _download(server.port, f"{path}?format=netcdf", exported)
        dataset = xarray.open_dataset(exported).load()
        frame = dataset[[name for name, values in dataset.items() if values.dims == (_ROWS,)]].to_dataframe()
        idle_mb, peaks_mb = processes.memory_mb(worker, "VmRSS"), []

        def export_s(address: str) -> Callable[[], float]:
            def seconds() -> float:
                # 5 resets the peak of the resident memory. Source: proc(5).
                Path(f"/proc/{worker}/clear_refs").write_text("5")
                duration_s = _timed(lambda: _download(server.port, address))
                peaks_mb.append(processes.memory_mb(worker, "VmHWM") - idle_mb)
                return duration_s

            return seconds

        def pandas_s() -> float:
            form: dict[str, Any] = {"date_format": "%Y-%m-%dT%H:%M:%S.%fZ", "lineterminator": "\r\n", "index": False}
            return _timed(lambda: frame.to_csv(os.devnull, **form))

        def xarray_s(*unlimited: str) -> float:
            return _timed(lambda: dataset.to_netcdf(written, format="NETCDF3_64BIT", unlimited_dims=unlimited))

        rounds = min(bench.rounds, 5)
        # Speeds are compared, so the time of the control comes first.
        times_s = interleaved([pandas_s, export_s(csv)], rounds)
        yield Measured("export_csv", tuple(ratios(times_s)), _about(times_s, ("pandas", "export")))
        times_s = interleaved([lambda: xarray_s(_ROWS), export_s(netcdf)], rounds)
        # The export has its rows along an unlimited dimension. Without one, xarray writes variable by variable.
        about = {**_about(times_s, ("xarray", "export")), "xarray, fixed dimension, s": round(xarray_s(), 2)}
        yield Measured("export_netcdf", tuple(ratios(times_s)), about)
        yield Measured("export_memory", tuple(peaks_mb), {"idle": round(idle_mb, 1)})


def _prepared(stores: Stores) -> str:
    """The path of the data of a mission of a million rows, which is seeded unless an earlier run did so."""
    settings = config.load(
        mongodb_uri=stores.mongodb_uri, redis_url=stores.redis_url, mongodb_database=DATABASE, web_workers=1
    )
    span = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    plan = Plan(1, _PROFILES, _SAMPLES, 0, *span, seed=4, sailbuoys=False)
    run.run(settings, plan, metadata_only=False, all_sections=False, as_before=True)
    (mission,) = plan.of_platform(0)
    return f"/api/v1/missions/{mission.identity.platform}/{mission.identity.mission}/data"


def _download(port: int, path: str, target: Path | None = None) -> None:
    """Read the response, and write it to the file if there is one. Raises RuntimeError unless the status is 200."""
    link = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    link.request("GET", path)
    response = link.getresponse()
    if response.status != 200:
        raise RuntimeError(f"{path} returned {response.status}")
    with (target or Path(os.devnull)).open("wb") as file:
        while piece := response.read(_PIECE_BYTES):
            file.write(piece)
    link.close()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _about(times_s: list[tuple[float, ...]], names: tuple[str, str]) -> dict[str, object]:
    medians_s = {
        name: sorted(values)[len(values) // 2] for name, values in zip(names, zip(*times_s, strict=True), strict=True)
    }
    rows = _PROFILES * _SAMPLES
    return {
        "s": {name: round(seconds, 2) for name, seconds in medians_s.items()},
        "rows a second": round(rows / medians_s["export"]),
    }
