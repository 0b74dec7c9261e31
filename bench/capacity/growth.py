"""`python -m bench.capacity.growth`: write the tables of docs/capacity.md; `--check` fails if they differ."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from bench.capacity import limits
from bench.capacity import pods as beside_web
from bench.capacity.model import Base, Installation, base

DOCUMENT = Path(__file__).parents[2] / "docs/capacity.md"
FACTORS = (1, 10, 1000)


def _short(value: float) -> str:
    """A number with at most three significant digits, and with thousands separated."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _scaled(values: Base, rows: Sequence[tuple[str, str]]) -> str:
    """A table of attributes of today's installation and of its multiples."""
    installations = [Installation(values, factor) for factor in FACTORS]
    head = ["", *("today" if factor == 1 else f"{factor:,} ×" for factor in FACTORS)]
    return _table(head, [[text, *(_short(getattr(one, name)) for one in installations)] for text, name in rows])


def knees(_: Base) -> str:
    """The knees of three runs, and how far each is from their mean."""
    runs = json.loads((Path(__file__).parent / "knees.json").read_text(encoding="utf-8"))["runs"]
    fields = ("users", "offered_per_s", "achieved_per_s", "p95_ms", "cores", "requests_per_core_s")
    mean = sum(run["achieved_per_s"] for run in runs) / len(runs)
    rows = [
        [str(number), *(f"{run[name]:g}" for name in fields), f"{run['achieved_per_s'] / mean - 1:+.1%}"]
        for number, run in enumerate(runs, 1)
    ]
    head = ("run", "users", "offered/s", "achieved/s", "p95, ms", "cores", "requests/s per core", "from the mean")
    return _table(head, rows)


def measured(values: Base) -> str:
    """The measured values that the model uses."""
    per = values.bytes_per
    rows = [
        ("CPU time of a cached page, ms", values.hit_ms, "`landing_warm`"),
        ("time of a rendered page, one client, ms", values.render_ms, "`miss`"),
        ("rows of a CSV export a second", values.export_rows_per_s, "`export_csv`"),
        ("profiles a second of one importer", values.imported_per_s, "`ingest`"),
        ("disk of a mission's documents, bytes", per("mission", "disk"), "sizes.json"),
        ("indexes of a mission, bytes", per("mission", "index"), "sizes.json"),
        ("sections and track of a mission, bytes", per("imported_mission"), "sizes.json"),
        ("a profile with its indexes, bytes", per("profile"), "sizes.json"),
        ("a sample of all variables, bytes", per("sample"), "sizes.json"),
        ("a byte of an original file, bytes", per("original_byte"), "sizes.json"),
    ]
    return _table(["measured", "value", "in"], [(text, _short(value), source) for text, value, source in rows])


def assumed(values: Base) -> str:
    """The values of today.toml: assumed, unless the source says otherwise."""
    rows = [
        (
            f"`{group}.{name}`",
            f"{entry['value']:,}",
            entry["source"].removeprefix("assumed: ").removeprefix("assumed; "),
        )
        for group, entries in values.today.items()
        for name, entry in entries.items()
    ]
    return _table(["assumed, if not measured", "value", "reason"], rows)


def load(values: Base) -> str:
    """Traffic and what it needs."""
    rows = [
        ("requests/s at the peak", "peak_rps"),
        ("renderings/s", "rendered_per_s"),
        ("downloads/s", "exported_per_s"),
        ("cores of web pods", "web_cores"),
        ("web pods of 500m at 60 %", "pods"),
        ("requests/s behind a CDN", "origin_rps"),
        ("requests that a CDN answers, %", "cdn_requests_percent"),
        ("CPU time of web pods that a CDN saves, %", "cdn_cores_percent"),
        ("MongoDB connections in a rollout", "mongodb_connections"),
        ("cores of the primary", "mongodb_cores"),
        ("Redis commands/s", "redis_commands_per_s"),
        ("egress, Mbit/s", "egress_mbit_per_s"),
    ]
    return _scaled(values, rows)


def archive(values: Base) -> str:
    """The archive and what it needs."""
    rows = [
        ("missions", "missions"),
        ("profiles", "profiles"),
        ("samples", "samples"),
        ("imports/s", "imports_per_s"),
        ("disk of a member, GiB", "disk_gib"),
        ("of which original files, GiB", "originals_gib"),
        ("working set, GiB", "working_set_gib"),
        ("shards of 2 TiB", "shards"),
        ("on the first shard alone, GiB", "unsharded_gib"),
        ("nightly verification at `--pace 0.5`, h", "verify_h"),
        ("import of everything by one importer, h", "reimport_h"),
        ("full backup in one stream, h", "backup_h"),
    ]
    return _scaled(values, rows)


def breaks(values: Base) -> str:
    """The limits in the order in which they are reached."""
    rows = [
        (
            f"{_short(limit.factor)} ×",
            limit.grows_with,
            limit.what,
            f"{_short(limit.today)} of {_short(limit.limit)} {limit.unit}",
            limit.remedy,
        )
        for limit in limits.of(Installation(values, 1))
    ]
    return _table(["reached at", "of", "limit", "today", "remedy"], rows)


def pods(_: Base) -> str:
    """The pods beside those of web."""
    rows = [
        (
            f"`{each.name}`",
            str(each.least) if each.least == each.most else f"{each.least} to {each.most}",
            f"{each.cpu_m}m",
            f"{each.memory_mib:,} MiB",
            str(each.connections),
            each.sized_by,
        )
        for each in beside_web.PODS
    ]
    return _table(["pods", "number", "CPU", "memory", "connections to the primary", "sized by"], rows)


def shard_keys(_: Base) -> str:
    """The shard keys with their reasons."""
    rows = [(f"`{one.collection}`", f"`{{{', '.join(one.key)}}}`", one.reason) for one in limits.SHARD_KEYS]
    return _table(["collection", "key", "reason"], rows)


TABLES = {table.__name__: table for table in (knees, measured, assumed, load, pods, archive, breaks, shard_keys)}


def updated(text: str, values: Base) -> str:
    """The document with the tables computed again. Raises ValueError if it lacks one."""
    for name, table in TABLES.items():
        computed = f"<!-- {name}: computed -->\n{table(values)}\n<!-- end -->"
        pattern = rf"<!-- {name}: computed -->\n.*?<!-- end -->"
        # A backslash in a table is no escape.
        text, replaced = re.subn(pattern, computed.replace("\\", r"\\"), text, flags=re.DOTALL)
        if replaced != 1:
            raise ValueError(f"{DOCUMENT.name} has {replaced} tables named {name}, not one")
    return text


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 if a table differs.")
def main(check: bool) -> None:
    """Write the tables of docs/capacity.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    new = updated(text, base())
    if not check:
        DOCUMENT.write_text(new, encoding="utf-8")
    elif new != text:
        click.echo("docs/capacity.md: run python -m bench.capacity.growth", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
