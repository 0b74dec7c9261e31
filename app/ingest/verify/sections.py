"""The sections of a mission: present and of its version; with `whole`, every cell recomputed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymongo.client_session import ClientSession

from app.domain import columns
from app.domain.records import Mission
from app.ingest.derive import section_builder, section_variables
from app.ingest.derive.section_builder import Dive
from app.ingest.verify.comparison import MISSING, PRESENT, Difference, Remedy, differences
from app.store import samples, verification_reads

Document = dict[str, Any]
# No variable has a name with a space in it.
_CLOUD = "T-S diagram"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Time and change of the computation belong to the store; cells are compared separately.
_NOT_DERIVED = {"_id", "what", "computed_at", "number", "packed", "pictures"}
# Cells are stored in single precision; sums differ in the last digits between releases of numpy.
_RELATIVE_F4 = 1e-5


def compared(
    record: Mission, of_profiles: Sequence[Document], whole: bool, seeded: bool, session: ClientSession
) -> Iterator[Difference]:
    """The differences of a mission's sections. Without any stored they are always recomputed: there may be none."""
    stored = verification_reads.sections(record.platform, record.mission, True, session) if whole else []
    stored = stored or verification_reads.sections(record.platform, record.mission, False, session)
    remedy: Remedy = ("rebuild", f"sections:{record.id}")
    variables = {variable.name for variable in section_variables.ordered(record.variables)}
    if not stored and (seeded or not variables):
        return
    if stored and not whole:
        for doc in stored:
            where = f"section {record.id} {doc.get('variable', _CLOUD)}"
            yield from differences(where, doc, {"version": record.version}, remedy)
            if doc["what"] == "section" and doc["variable"] not in variables:
                yield Difference(where, "variable", doc["variable"], MISSING, (remedy,))
        return
    dives = [Dive.of(profile) for profile in of_profiles]
    stream = samples.of_version(record.platform, record.mission, record.version, session)
    built = section_builder.build(record, dives, stream, 0, _EPOCH)
    expected = {section.variable: asdict(section) for section in built.sections}
    if built.cloud is not None:
        expected[_CLOUD] = asdict(built.cloud)
    by_variable = {_CLOUD if doc["what"] == "ts" else doc["variable"]: doc for doc in stored}
    for key in sorted(by_variable.keys() | expected.keys()):
        where = f"section {record.id} {key}"
        if key not in expected or key not in by_variable:
            states = (PRESENT, MISSING) if key in by_variable else (MISSING, PRESENT)
            yield Difference(where, "document", *states, (remedy,))
            continue
        fields = {name: value for name, value in expected[key].items() if name not in _NOT_DERIVED}
        yield from differences(where, by_variable[key], fields, remedy)
        for name, packed in expected[key]["packed"].items():
            stored_cells = by_variable[key].get("packed", {}).get(name)
            if stored_cells is None or not _same(stored_cells, packed):
                yield Difference(where, f"cells of {name}", "other values", "these values", (remedy,))


def _same(stored: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    if stored["dtype"] != expected["dtype"]:
        return False
    new, old = _values(expected), _values(stored)
    if new.shape != old.shape:
        return False
    return bool(np.allclose(old, new, rtol=_RELATIVE_F4, atol=1e-6, equal_nan=new.dtype.kind == "f"))


def _values(packed: Mapping[str, Any]) -> NDArray[Any]:
    return np.asarray(columns.decoded(packed["data"], packed["dtype"]))
