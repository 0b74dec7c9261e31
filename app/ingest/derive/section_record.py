"""The parts that sections and series share: the record of a variable, stored columns decoded and encoded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns
from app.domain.records import Mission, Variable
from app.domain.sections import Section
from app.ingest.derive import depth_bins, section_variables
from app.ingest.derive.depth_bins import Floats

SampleDocument = Mapping[str, Any]
Samples = Iterable[SampleDocument]


def section(
    mission: Mission,
    variable: Variable,
    rank: int,
    sampled: Sequence[NDArray[np.float32]],
    packed_columns: Mapping[str, Any],
    number: int,
    at: datetime,
) -> Callable[..., Section]:
    """A function that completes the section with the fields that sections and series compute differently."""
    colour_map = section_variables.colour_map(variable)
    limits = depth_bins.limits(sampled, centred=colour_map == "balance")

    def complete(**fields: Any) -> Section:
        return Section(
            platform=mission.platform,
            mission=mission.mission,
            version=mission.version,
            variable=variable.name,
            place=rank,
            unit=variable.unit,
            standard_name=variable.standard_name,
            long_name=variable.long_name,
            colour_map=colour_map,
            limits=limits,
            decimals=depth_bins.decimals(*limits),
            start_at=mission.figures.start_at,
            end_at=mission.figures.end_at,
            computed_at=at,
            number=number,
            packed=dict(packed_columns),
            **fields,
        )

    return complete


def column(doc: SampleDocument, name: str) -> Floats | None:
    """A column of a sample document without the values flagged as bad, None if it has none."""
    stored = doc["columns"].get(name)
    if stored is None:
        return None
    return np.asarray(columns.good_values(stored), dtype=np.float64)


def every_value(doc: SampleDocument, name: str) -> Floats:
    """A column of a sample document that has it, with the values flagged as bad."""
    stored = doc["columns"][name]
    return np.asarray(columns.decoded(stored["data"], stored["dtype"]), dtype=np.float64)


def packed(values: NDArray[Any], dtype: columns.Dtype) -> dict[str, Any]:
    """The values as they are stored with a section."""
    return {"dtype": dtype, "data": columns.encoded(np.ascontiguousarray(values), dtype)}


def packed_numbers(numbers: NDArray[Any]) -> dict[str, Any]:
    """The numbers of profiles as they are stored: some files number profiles by a time in milliseconds."""
    return packed(numbers, "i4" if numbers.max(initial=0) < 2**31 else "i8")
