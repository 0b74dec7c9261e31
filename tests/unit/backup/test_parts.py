"""Parts: where runs end, and the errors of altered bytes."""

import random
from dataclasses import replace
from typing import Any

import bson
import pytest

from app.backup import manifest, parts
from app.backup.damage import Damaged


def documents(number: int, size: int = 2000) -> list[bytes]:
    """Documents with random bytes, the same in each test."""
    source = random.Random(7)
    return [bson.encode({"_id": f"{n:06}", "data": source.randbytes(size)}) for n in range(number)]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MEAN_BYTES", 40_000)
    monkeypatch.setattr(parts, "_MOST_BYTES", 160_000)


def test_runs_hold_all_documents_in_order_and_are_limited() -> None:
    given = documents(2000)

    runs = list(parts.runs(given))

    assert b"".join(run.data for run in runs) == b"".join(given)
    assert sum(run.documents for run in runs) == 2000
    assert max(len(run.data) for run in runs) <= 160_000
    assert 25_000 < sum(len(run.data) for run in runs) / len(runs) < 55_000


@pytest.mark.parametrize("position", [0, 700, 1999])
def test_a_document_that_is_inserted_or_removed_changes_few_parts(position: int) -> None:
    given = documents(2000)
    other = [*given[:position], bson.encode({"_id": "new"}), *given[position + 1 :]]

    before = {parts.encoded("samples", run)[0].sha256 for run in parts.runs(given)}
    after = {parts.encoded("samples", run)[0].sha256 for run in parts.runs(other)}

    assert 1 <= len(after - before) <= 3


def test_only_what_becomes_smaller_is_compressed() -> None:
    noise, part = parts.encoded("samples", parts.Run(b"".join(documents(20)), 20, b"")), {"text": "profile " * 5000}
    text = bson.encode(part)

    assert noise[0].size > 0.99 * noise[0].bytes
    assert parts.encoded("missions", parts.Run(text, 1, text))[0].size < 0.1 * len(text)
    assert parts.decoded(*noise) == documents(20)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda part, data: (part, data[:-3]), "bytes instead of"),
        (lambda part, data: (part, b"x" + data[1:]), "is damaged"),
        (lambda part, data: (replace(part, documents=19), data), "has 20 documents instead of 19"),
    ],
)
def test_a_part_with_other_bytes_is_damaged(damage: Any, problem: str) -> None:
    part, data = parts.encoded("samples", parts.Run(b"".join(documents(20)), 20, b""))

    with pytest.raises(Damaged, match=problem):
        parts.decoded(*damage(part, data))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"sha256": "", "manifest": {}}'])
def test_a_manifest_that_cannot_be_read_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"^the manifest backups/nightly/manifest\.json "):
        manifest.from_bytes("nightly", data)
