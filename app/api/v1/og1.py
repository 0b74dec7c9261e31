"""A mission under the names of OceanGliders 1.0: its attributes, its variables, and its samples as rows.

Source: https://oceangliderscommunity.github.io/OG-format-user-manual/OG_Format.html
"""

import re
import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import nan
from typing import Any

from app.api.v1.netcdf import Layout, Value, Variable, text
from app.api.v1.schemas import iso_ms
from app.domain import records
from app.domain.columns import decoded
from app.queries.exports import Samples, SelectedSamples

ROWS = "N_MEASUREMENTS"
# Ours: theirs. A name that is not here is written in capitals.
_NAMES = {
    "temperature": "TEMP",
    "salinity": "PSAL",
    "conductivity": "CNDC",
    "pressure": "PRES",
    "oxygen": "DOXY",
    "chlorophyll": "CHLA",
    "potential_density": "POTDENS0",
    "potential_temperature": "THETA",
    "sigma_theta": "SIGTHETA",
    "backscatter_700": "BBP700",
    "par": "DOWNWELLING_PAR",
}
_STANDARD_NAMES = {
    "temperature": "sea_water_temperature",
    "salinity": "sea_water_practical_salinity",
    "conductivity": "sea_water_electrical_conductivity",
    "pressure": "sea_water_pressure",
    "density": "sea_water_density",
    "potential_density": "sea_water_potential_density",
    "potential_temperature": "sea_water_potential_temperature",
    "sigma_theta": "sea_water_sigma_theta",
}
_STEMS = ("_adjusted", "_raw")
_NO_PROFILE = -9999
_NO_TIME = -1.0
# What a file says of itself beside what is computed: (attribute, our metadata).
_SAID = (
    ("summary", "summary"),
    ("comment", "comment"),
    ("institution", "institution"),
    ("contributing_institutions", "operator"),
    ("project", "project"),
    ("project_url", "project_url"),
    ("program", "program"),
    ("contributor_name", "pi"),
    ("license", "licence"),
    ("citation", "citation"),
    ("doi", "doi"),
    ("acknowledgement", "acknowledgement"),
    ("references", "references"),
    ("web_link", "web_link"),
    ("data_url", "data_url"),
    ("sea_name", "sea_name"),
    ("processing_level", "processing_level"),
    ("rtqc_method", "quality_control"),
    ("internal_mission_identifier", "name"),
)


def layout(samples: Samples, platform: records.Platform | None, version: str) -> Layout:
    """The file of a mission but for its rows. version: of Halocline, for the history."""
    mission = samples.mission
    fixed = _texts(mission, platform)
    return Layout(
        rows=ROWS,
        dimensions={f"{name}_LENGTH": len(data) for name, data, _ in fixed},
        attributes=attributes(mission, version),
        variables=[
            *coordinates(samples.highest_number),
            *measured(mission.variables, samples.single),
            *(Variable(name, "char", about, (f"{name}_LENGTH",), data) for name, data, about in fixed),
        ],
    )


def rows(samples: Samples, made: Layout) -> Iterator[bytes]:
    """The samples as rows of the file, streamed. Raises Conflict and ValueError rather than send what is not whole."""
    names = dict(zip(_own_names(samples.mission.variables), samples.mission.variables, strict=True))
    types = {variable.name: variable.type for variable in made.growing}
    for document in samples.documents():
        columns = _columns(document, {name: (about.name, types[name]) for name, about in names.items()})
        columns["PROFILE_NUMBER"] = _numbers(document, types["PROFILE_NUMBER"])
        yield from made.chunks(document["count"], columns)


def layout_of_missions(selection: SelectedSamples, version: str) -> Layout:
    """The file of several missions but for its rows: a contiguous ragged array, a trajectory for each mission.

    Source: CF conventions 1.10, 9.3.3. All measured values are doubles.
    """
    missions = selection.missions
    columns: dict[str, tuple[list[str], dict[str, Value]]] = {
        "TRAJECTORY": ([f"{m.platform}_{m.mission}" for m in missions], {"cf_role": "trajectory_id"}),
        "DATA_MODE": (
            [m.data_mode for m in missions],
            {"long_name": "R real time, P provisional, A adjusted, D delayed"},
        ),
        "SOURCE_FILE": ([m.source.file_name for m in missions], {"long_name": "file that the mission came from"}),
        "SOURCE_SHA256": ([m.source.sha256 for m in missions], {"long_name": "SHA-256 of that file"}),
        "LICENSE": ([_word(m.metadata.get("licence")) or "" for m in missions], {"long_name": "licence of the data"}),
        "CITATION": ([_word(m.metadata.get("citation")) or "" for m in missions], {"long_name": "citation"}),
        "SIMULATED": (["true" if m.simulated else "false" for m in missions], {"long_name": "made up by a simulator"}),
    }
    texts = {name: ([text(word) for word in words], about) for name, (words, about) in columns.items()}
    widths = {name: max(1, *map(len, words)) for name, (words, _) in texts.items()}
    sizes = struct.pack(f">{len(missions)}i", *selection.rows)
    spans = [(m.figures.start_at, m.figures.end_at) for m in missions]
    return Layout(
        rows=ROWS,
        dimensions={"N_TRAJECTORIES": len(missions)} | {f"{name}_LENGTH": width for name, width in widths.items()},
        attributes={
            "title": f"{len(missions)} missions of gliders and sailbuoys",
            "Conventions": "CF-1.10, ACDD-1.3",
            "featureType": "trajectory",
            "naming_authority": "halocline",
            "time_coverage_start": iso_ms(min(start for start, _ in spans)),
            "time_coverage_end": iso_ms(max(end for _, end in spans)),
            "history": f"exported by Halocline {version}",
        },
        variables=[
            *coordinates(selection.highest_number),
            *measured(list(_quantities(missions).values()), frozenset()),
            Variable(
                "ROW_SIZE",
                "int",
                {"long_name": "number of samples of the mission", "sample_dimension": ROWS},
                ("N_TRAJECTORIES",),
                sizes,
            ),
            *(
                Variable(
                    name,
                    "char",
                    about,
                    ("N_TRAJECTORIES", f"{name}_LENGTH"),
                    b"".join(word.ljust(widths[name], b"\0") for word in words),
                )
                for name, (words, about) in texts.items()
            ),
        ],
    )


def rows_of_missions(selection: SelectedSamples, made: Layout) -> Iterator[bytes]:
    """The samples of all missions as rows of the file, streamed. Raises like `rows`."""
    quantities = _quantities(selection.missions)
    names = dict(zip(quantities, _own_names(list(quantities.values())), strict=True))
    number = next(variable.type for variable in made.growing if variable.name == "PROFILE_NUMBER")
    for mission, document in selection.documents():
        own = {names[about.name, about.unit]: (about.name, "double") for about in mission.variables}
        columns = _columns(document, own)
        columns["PROFILE_NUMBER"] = _numbers(document, number)
        yield from made.chunks(document["count"], columns)


def _quantities(missions: Iterable[records.Mission]) -> dict[tuple[str, str | None], records.Variable]:
    """What these missions measured by name and unit, in the order of names; a name in two units is two quantities."""
    found: dict[tuple[str, str | None], records.Variable] = {}
    for mission in missions:
        for about in mission.variables:
            found.setdefault((about.name, about.unit), about)
    return dict(sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or "")))


def coordinates(highest_number: int) -> list[Variable]:
    """Time, position, depth and the number of the profile."""
    # A profile's number may be the second it began in.
    wide = highest_number >= 2**31
    return [
        Variable(
            "TIME",
            "double",
            {
                "standard_name": "time",
                "long_name": "time of measurement",
                "units": "seconds since 1970-01-01T00:00:00Z",
                "calendar": "gregorian",
                "axis": "T",
                "_FillValue": _NO_TIME,
            },
            fill=_NO_TIME,
        ),
        _place("LATITUDE", "latitude", "latitude of each measurement", "degrees_north", {"axis": "Y"}),
        _place("LONGITUDE", "longitude", "longitude of each measurement", "degrees_east", {"axis": "X"}),
        _place("DEPTH", "depth", "depth of each measurement", "m", {"axis": "Z", "positive": "down"}),
        Variable(
            "PROFILE_NUMBER",
            "double" if wide else "int",
            {
                "long_name": "profile number",
                "comment": "missing outside every profile",
                "coordinates": "TIME LONGITUDE LATITUDE DEPTH",
                "_FillValue": _NO_PROFILE,
            },
            fill=_NO_PROFILE,
        ),
    ]


def measured(variables: Sequence[records.Variable], single: frozenset[str]) -> list[Variable]:
    """The measured variables, NaN where a row has none."""
    return [
        Variable(name, "float" if about.name in single else "double", _about(about), fill=nan)
        for name, about in zip(_own_names(variables), variables, strict=True)
    ]


def attributes(mission: records.Mission, version: str) -> dict[str, Value]:
    """The global attributes: figures as computed, words as the mission's own file has them."""
    figures, source, said = mission.figures, mission.source, mission.metadata
    stands_for = f"{mission.platform}_{mission.mission}_{mission.data_mode}"
    box: dict[str, Value] = {}
    if figures.bbox is not None:
        names = ("lon_min", "lat_min", "lon_max", "lat_max")
        box = {f"geospatial_{name}": edge for name, edge in zip(names, figures.bbox, strict=True)}
    if figures.max_depth_m is not None:
        box |= {"geospatial_vertical_min": 0.0, "geospatial_vertical_max": figures.max_depth_m}
        box |= {"geospatial_vertical_units": "m", "geospatial_vertical_positive": "down"}
    return {
        "title": _word(said.get("title")) or f"{mission.kind.capitalize()} mission {stands_for}",
        "id": stands_for,
        "naming_authority": "halocline",
        "Conventions": "CF-1.10, ACDD-1.3, OG-1.0",
        "featureType": "trajectory",
        "platform": "sub-surface gliders" if mission.kind == "glider" else "autonomous surface vehicle",
        "platform_vocabulary": "https://vocab.nerc.ac.uk/collection/L06/current/",
        "data_mode": mission.data_mode,
        "simulated": "true" if mission.simulated else "false",
        "start_date": _stamp(figures.start_at),
        "time_coverage_start": iso_ms(figures.start_at),
        "time_coverage_end": iso_ms(figures.end_at),
        "date_created": iso_ms(source.modified_at or source.imported_at),
        **box,
        **{name: word for name, ours in _SAID if (word := _word(said.get(ours)))},
        **({"contributor_role": "PI"} if _word(said.get("pi")) else {}),
        "source": f"{source.file_name} (SHA-256 {source.sha256})",
        "source_format": source.format,
        "halocline_version": mission.version,
        "history": (
            f"{iso_ms(source.imported_at)} taken in from {source.file_name} by Halocline\n"
            f"exported by Halocline {version} from version {mission.version}"
        ),
    }


def _texts(mission: records.Mission, platform: records.Platform | None) -> list[tuple[str, bytes, dict[str, Value]]]:
    """The variables that hold one text each: (name, text, attributes)."""
    known = {
        "PLATFORM_SERIAL_NUMBER": (platform.serial if platform else mission.platform, "serial number of the platform"),
        "PLATFORM_NAME": (platform.name if platform else None, "name of the platform"),
        "PLATFORM_MODEL": (platform.model if platform else None, "model of the platform"),
        "WMO_IDENTIFIER": (platform.wmo_id if platform else None, "WMO id of the platform"),
    }
    trajectory = {"cf_role": "trajectory_id", "long_name": "trajectory name"}
    found: list[tuple[str, bytes, dict[str, Value]]] = [
        ("TRAJECTORY", text(f"{mission.platform}_{mission.mission}"), dict(trajectory))
    ]
    return found + [(name, text(word), {"long_name": says}) for name, (word, says) in known.items() if word]


def _place(name: str, standard: str, says: str, unit: str, more: Mapping[str, Value]) -> Variable:
    about: dict[str, Value] = {"standard_name": standard, "long_name": says, "units": unit, **more, "_FillValue": nan}
    return Variable(name, "double", about, fill=nan)


def _about(about: records.Variable) -> dict[str, Value]:
    vocabulary = _NAMES.get(about.name)
    said = {
        "standard_name": about.standard_name or _STANDARD_NAMES.get(about.name),
        "long_name": about.long_name,
        "units": about.unit,
        "coordinates": "TIME LONGITUDE LATITUDE DEPTH",
        "source_name": about.source_name,
        "source_units": about.source_unit,
        "vocabulary": f"https://vocab.nerc.ac.uk/collection/OG1/current/{vocabulary}/" if vocabulary else None,
    }
    return {**{name: word for name, word in said.items() if word}, "_FillValue": nan}


_TAKEN = (
    *("TIME", "LATITUDE", "LONGITUDE", "DEPTH", "PROFILE_NUMBER", "TRAJECTORY", ROWS),
    *("PLATFORM_SERIAL_NUMBER", "PLATFORM_NAME", "PLATFORM_MODEL", "WMO_IDENTIFIER"),
)


def _own_names(variables: Sequence[records.Variable]) -> list[str]:
    """A name for each variable, none of them twice in whatever case."""
    taken = set(_TAKEN)
    found: list[str] = []
    for about in variables:
        name = _name(about.name)
        while name in taken:
            name += "_2"
        taken.add(name)
        found.append(name)
    return found


def _name(ours: str) -> str:
    stem = next((stem for stem in _STEMS if ours.endswith(stem)), "")
    known = _NAMES.get(ours.removesuffix(stem))
    plain = f"{known}{stem}" if known else re.sub(r"[^A-Za-z0-9_]", "_", ours)
    return (plain if plain[:1].isalpha() else f"V_{plain}").upper()


def _columns(document: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> dict[str, "array[Any]"]:
    stored = document["columns"]
    found: dict[str, array[Any]] = {}
    wanted = {**_PLACES, **names}
    for name, (ours, kind) in wanted.items():
        if ours in stored:
            values = decoded(stored[ours]["data"], stored[ours]["dtype"])
            if kind == "float" and values.typecode != "f":
                raise ValueError(f"{ours} was to be single precision throughout")
            found[name] = values if values.typecode == kind[0] else array(kind[0], values)
    if "time" in stored:
        times = decoded(stored["time"]["data"], stored["time"]["dtype"])
        found["TIME"] = array("d", [time_ms / 1000 for time_ms in times])
    return found


_PLACES = {
    "LATITUDE": ("latitude", "double"),
    "LONGITUDE": ("longitude", "double"),
    "DEPTH": ("depth", "double"),
}


def _numbers(document: Mapping[str, Any], kind: str) -> "array[Any]":
    numbers: array[Any] = array(kind[0], [document["number"] or _NO_PROFILE])
    numbers *= document["count"]
    return numbers


def _word(value: object) -> str | None:
    return str(value) if isinstance(value, str | int | float) and str(value).strip() else None


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S")
