"""Several missions in one file under the names of OceanGliders 1.0, as a contiguous ragged array.

Source: CF conventions 1.10, 9.3.3.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from app.api.v1 import og1_variables, time_order
from app.api.v1.netcdf import Layout, Value, Variable, text
from app.api.v1.og1 import plain_text
from app.api.v1.schemas import iso_ms
from app.domain import records
from app.domain.quality_flags import Quality
from app.queries.exports import SelectedSamples


def layout(selection: SelectedSamples, version: str, quality: Quality) -> Layout:
    """The file of several missions without its rows: a trajectory for each mission; all measured values are doubles."""
    missions = selection.missions
    quantities = list(_quantities(missions).values())
    flags = og1_variables.flag_names(missions, quantities, quality)
    texts = {name: ([text(value) for value in values], about) for name, values, about in _text_columns(missions)}
    widths = {name: max(1, *map(len, values)) for name, (values, _) in texts.items()}
    row_size: dict[str, Value] = {
        "long_name": "number of samples of the mission",
        "sample_dimension": og1_variables.ROWS,
    }
    return Layout(
        rows=og1_variables.ROWS,
        dimensions={"N_TRAJECTORIES": len(missions)} | {f"{name}_LENGTH": width for name, width in widths.items()},
        attributes={
            "title": f"{len(missions)} missions of gliders and sailbuoys",
            "Conventions": "CF-1.10",
            "featureType": "trajectory",
            "naming_authority": "halocline",
            "time_coverage_start": iso_ms(min(mission.figures.start_at for mission in missions)),
            "time_coverage_end": iso_ms(max(mission.figures.end_at for mission in missions)),
            "history": f"exported by Halocline {version}",
            **og1_variables.selection(missions, quality),
        },
        variables=[
            *og1_variables.coordinates(selection.highest_number, missions, flags),
            *og1_variables.measured(quantities, frozenset(), flags),
            *og1_variables.flag_variables(flags),
            Variable(
                "ROW_SIZE",
                "int",
                row_size,
                ("N_TRAJECTORIES",),
                struct.pack(f">{len(missions)}i", *selection.rows),
            ),
            *(
                Variable(
                    name,
                    "char",
                    about,
                    ("N_TRAJECTORIES", f"{name}_LENGTH"),
                    b"".join(value.ljust(widths[name], b"\0") for value in values),
                )
                for name, (values, about) in texts.items()
            ),
        ],
    )


def _text_columns(missions: Sequence[records.Mission]) -> list[tuple[str, list[str], dict[str, Value]]]:
    """The variables that hold a text for each mission: (name, texts, attributes)."""
    modes = "R real time, P provisional, A adjusted, D delayed"
    return [
        ("TRAJECTORY", [f"{m.platform}_{m.mission}" for m in missions], {"cf_role": "trajectory_id"}),
        ("DATA_MODE", [m.data_mode for m in missions], {"long_name": modes}),
        ("PLATFORM", [og1_variables.PLATFORMS[m.kind] for m in missions], {"long_name": "category of the platform"}),
        ("WMO_IDENTIFIER", [_metadata(m, "wmo_id") for m in missions], {"long_name": "WMO id of the platform"}),
        ("SOURCE_FILE", [m.source.file_name for m in missions], {"long_name": "file that the mission came from"}),
        ("SOURCE_SHA256", [m.source.sha256 for m in missions], {"long_name": "SHA-256 of that file"}),
        ("LICENSE", [_metadata(m, "licence") for m in missions], {"long_name": "licence of the data"}),
        ("CITATION", [_metadata(m, "citation") for m in missions], {"long_name": "citation"}),
        (
            "SIMULATED",
            ["true" if m.simulated else "false" for m in missions],
            {"long_name": "true if the data were made by a simulator"},
        ),
    ]


def _metadata(mission: records.Mission, name: str) -> str:
    return plain_text(mission.metadata.get(name)) or ""


def rows(selection: SelectedSamples, file: Layout, quality: Quality) -> Iterator[bytes]:
    """The samples of all missions as rows of the file, streamed. Raises Conflict or ValueError like `og1.rows`."""
    quantities = _quantities(selection.missions)
    flags = og1_variables.flag_names(selection.missions, list(quantities.values()), quality)
    names = dict(zip(quantities, og1_variables.own_names(list(quantities.values())), strict=True))
    number_type = next(variable.type for variable in file.growing if variable.name == "PROFILE_NUMBER")
    missions = {mission.id: mission for mission in selection.missions}
    for mission_id, of_mission in groupby(selection.documents(), lambda pair: pair[0].id):
        mission = missions[mission_id]
        columns = {names[variable.name, variable.unit]: (variable.name, "double") for variable in mission.variables}
        documents = (
            og1_variables.columns(document, columns, number_type, flags, quality) for _, document in of_mission
        )
        for count, values in time_order.merged(documents, og1_variables.TIME):
            yield from file.chunks(count, og1_variables.good_times(values) if quality == "good" else values)


def _quantities(missions: Iterable[records.Mission]) -> dict[tuple[str, str | None], records.Variable]:
    """The measured variables by name and unit, in the order of names; a name with two units is two quantities."""
    quantities: dict[tuple[str, str | None], records.Variable] = {}
    for mission in missions:
        for variable in mission.variables:
            quantities.setdefault((variable.name, variable.unit), variable)
    return dict(sorted(quantities.items(), key=lambda item: (item[0][0], item[0][1] or "")))
