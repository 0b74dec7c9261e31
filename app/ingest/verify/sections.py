"""The sections of a mission: that they are there and of its version; with `whole`, every cell computed anew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymongo.client_session import ClientSession

from app.domain import columns
from app.domain.records import Mission
from app.domain.times import to_ms
from app.ingest.derive import section_builder, section_variables
from app.ingest.derive.section_builder import Dive
from app.ingest.verify.comparison import MISSING, Difference, Remedy, differences
from app.store import samples, verification_reads

Document = dict[str, Any]
# No variable has a name with a space in it.
_CLOUD = "T-S diagram"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# When it was made and after which change is the store's own; cells are compared apart.
_NOT_DERIVED = {"_id", "what", "computed_at", "number", "packed", "pictures"}
# Cells are kept in single precision, whose sums differ in the last digits between releases of numpy.
_RELATIVE_F4 = 1e-5


def compared(
    record: Mission, found: Sequence[Document], whole: bool, seeded: bool, session: ClientSession
) -> Iterator[Difference]:
    """The differences of a mission's sections. One without any is computed anew in any case: it may have none."""
    stored = verification_reads.sections(record.platform, record.mission, True, session) if whole else []
    stored = stored or verification_reads.sections(record.platform, record.mission, False, session)
    remedy: Remedy = ("rebuild", f"sections:{record.id}")
    wanted = {variable.name for variable in section_variables.ordered(record.variables)}
    if not stored and (seeded or not wanted):
        return
    if stored and not whole:
        for doc in stored:
            where = f"section {record.id} {doc.get('variable', _CLOUD)}"
            yield from differences(where, doc, {"version": record.version}, remedy)
            if doc["what"] == "section" and doc["variable"] not in wanted:
                yield Difference(where, "variable", doc["variable"], MISSING, (remedy,))
        return
    dives = [Dive(p["number"], to_ms(p["start_at"]), to_ms(p["mid_at"]), p["max_depth_m"]) for p in found]
    stream = samples.of_version(record.platform, record.mission, record.version, session)
    made = section_builder.made(record, dives, stream, 0, _EPOCH)
    expected = {section.variable: asdict(section) for section in made.sections}
    if made.cloud is not None:
        expected[_CLOUD] = asdict(made.cloud)
    there = {_CLOUD if doc["what"] == "ts" else doc["variable"]: doc for doc in stored}
    for key in sorted(there.keys() | expected.keys()):
        where = f"section {record.id} {key}"
        if key not in expected or key not in there:
            states = ("there", MISSING) if key in there else (MISSING, "there")
            yield Difference(where, "document", *states, (remedy,))
            continue
        fields = {name: value for name, value in expected[key].items() if name not in _NOT_DERIVED}
        yield from differences(where, there[key], fields, remedy)
        for name, packed in expected[key]["packed"].items():
            found_there = there[key].get("packed", {}).get(name)
            if found_there is None or not _same(found_there, packed):
                yield Difference(where, f"cells of {name}", "others", "these", (remedy,))


def _same(stored: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    if stored["dtype"] != expected["dtype"]:
        return False
    ours, theirs = _values(expected), _values(stored)
    if ours.shape != theirs.shape:
        return False
    return bool(np.allclose(theirs, ours, rtol=_RELATIVE_F4, atol=1e-6, equal_nan=ours.dtype.kind == "f"))


def _values(packed: Mapping[str, Any]) -> NDArray[Any]:
    return np.asarray(columns.decoded(packed["data"], packed["dtype"]))
