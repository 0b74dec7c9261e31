"""The cases of each row of the tables of dialects in docs/data.md, by the begin of the row."""

import gzip

import numpy as np

from app.ingest.interpret.identity import Options
from tests.documented_dialects import (
    COUNT,
    NAMED,
    Case,
    changed,
    content,
    cube,
    daily,
    deployment,
    flags,
    in_each_row,
    latin1,
    levels,
    made,
    parts,
    precise,
    ragged,
    read,
    refused,
    series,
    sound,
    tabled,
    tar,
    zipped,
)
from tests.made_files import rows

DAY_S = 86_400
SEVERAL = ["a-20200913T1226", "b-20200913T1226"]
WITHOUT_NUMBERS = ("profile_index",)
SALINITY = np.linspace(7, 8, COUNT)

ROWS: dict[str, list[Case]] = {
    "any | `.gz`, `.zip` with one file": [
        read(content("a.nc.gz", lambda folder: gzip.compress(sound(folder)))),
        read(zipped(1)),
    ],
    "any | a zip archive of several files": [
        refused(zipped(2), "archive"),
        refused(content("a.tar", tar()), "archive"),
        refused(content("a.bz2", b"BZh91AY&SY"), "archive"),
        refused(content("a.xz", b"\xfd7zXZ\x00"), "archive"),
        refused(content("a.zst", b"\x28\xb5\x2f\xfd"), "archive"),
        refused(content("a.7z", b"7z\xbc\xaf\x27\x1c"), "archive"),
        refused(content("a.nc.gz.gz", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0)), "archive"),
    ],
    "Slocum | raw files": [
        refused(content("a.sbd", b"dbd_label:    DBD_ASC(dinkum_binary_data_ascii)file\n"), "slocum_raw"),
        refused(content("a.dcd", b"\x00\x12compressed"), "slocum_raw"),
    ],
    "text | UTF-16, CDL": [
        refused(content("a.csv", "time,latitude,longitude\n".encode("utf-16")), "unknown_format"),
        refused(content("a.cdl", b"netcdf a {\ndimensions:\n"), "unknown_format"),
        refused(content("a.xml", b"<?xml version='1.0'?><a/>"), "unknown_format"),
        refused(content("a.mat", b"MATLAB 5.0 MAT-file"), "unknown_format"),
        refused(content("a.pdf", b"%PDF-1.7"), "unknown_format"),
    ],
    "text | an error message of ERDDAP": [
        refused(content("a.csv", b'Error {\n    code=404;\n    message="Not Found";\n}\n'), "server_error"),
        refused(content("a.nc", b"<!DOCTYPE html><html></html>"), "html_page"),
    ],
    "table | columns separated by tabs": [read(tabled(separator="\t", name="a.tsv"), options=NAMED)],
    "table | several values of `trajectory`": [
        refused(tabled({name: np.repeat(["20200913", "20200914"], 12)}), "several_missions", NAMED)
        for name in ("trajectory", "platform", "mission", "dataset_id")
    ],
    "table | columns `platform` and `mission`": [
        read(tabled({"platform": ["sea077"] * COUNT, "mission": ["20200913T1226"] * COUNT})),
    ],
    "NGDAC table | `precise_time`": [read(precise, options=NAMED)],
    "NetCDF | one trajectory, as a text": [
        read(in_each_row(["sp7-20200913T1226"])),
        read(ragged(owners=(0, 0, 0, 0))),
    ],
    "NetCDF | several trajectories in a ragged array": [
        read(ragged(owners=(0, 1), is_of_profiles=False), profiles=(2, 2)),
        refused(ragged(owners=(0, 1), is_of_profiles=False), "several_missions", Options("made")),
        refused(ragged(owners=(0, 1), is_of_profiles=False), "several_missions", Options(None, "m1")),
    ],
    "NetCDF | ragged arrays of the profiles of several trajectories": [
        read(ragged(indexed, owners=owners), profiles=(2, 2))
        for indexed in (False, True)
        for owners in ((0, 0, 1, 1), (1, 0, 0, 1))
    ],
    "NetCDF | several trajectories in another layout": [
        refused(cube(2, is_of_profiles=False), "several_missions"),
        refused(cube(2, is_of_profiles=True), "several_missions"),
        refused(in_each_row(SEVERAL), "several_missions"),
    ],
    "NetCDF | (trajectory = 1, obs)": [read(cube(1, is_of_profiles=False)), read(cube(1, is_of_profiles=True))],
    "NetCDF | contiguous and indexed ragged arrays of profiles": [read(ragged()), read(ragged(indexed=True))],
    "NetCDF | profiles by levels": [
        read(levels("depth", "m")),
        read(levels("pressure", "dbar"), "depth_from_pressure"),
    ],
    "pyglider grid | bins of pressure": [read(levels("pressure", "dbar", is_grid=True), "depth_from_pressure")],
    "NetCDF | text in Latin-1": [
        read(latin1),
        read(series(attributes={"wmo_id": np.int32(6801665), "keywords": ["a", "b"]})),
    ],
    "any | id with a suffix of several words": [
        read(series(attributes={"id": "ru29-20200913T1226-profile-sci-delayed"})),
        read(series(attributes={"id": "IMOS_ANFOG_RBG_20200913T122600Z_SL209_FV00_timeseries_END-20200914T000000Z"})),
    ],
    "any | id with two stamps": [
        refused(series(attributes={"id": "abc-20200913T1226_to-20200914T0000"}), "no_mission"),
        read(series(attributes={"id": "abc-20200913T1226_to-20200914T0000", "title": "abc-20200913T1226"})),
    ],
    "NGDAC profile | an `id` that names the profile": [read(deployment, profiles=(1,))],
    "NGDAC profile | a trajectory that is renamed each day": [read(daily, "mission_overlap", profiles=(1,))],
    "any | consecutive files of one id": [
        read(parts((0, 4), (4, 8)), profiles=(8,)),
        read(parts((4, 8), (0, 4)), profiles=(8,)),
        read(parts((0, 4), (4, 8), first={"project": "P"}, project="Q"), "parts_differ", profiles=(8,)),
        refused(parts((0, 4), (4, 8), data_mode="D"), "part_of_mission"),
        refused(parts((0, 4), (4, 8), name="{}.nc"), "part_of_mission"),
        refused(parts((0, 8), (4, 12)), "part_of_mission"),
    ],
    "all | `depth`, `glider_depth`": [
        *(read(made(vertical=unit)) for unit in ("m", "feet", "km", "standard name")),
        *(
            read(series({name: rows()["depth"]}, units={name: "m"}, without=["depth"]))
            for name in ("glider_depth", "depth_z")
        ),
        read(series({"z": rows()["depth"]}, units={"z": "m"}, without=["depth"], about={"z": {"axis": "Z"}})),
        read(series(units={"depth": ""}), "depth_unit_missing"),
        read(
            series(units={"depth": "counts"}), "depth_unit_unknown", "depth_missing", "profile_missing", profiles=(0,)
        ),
    ],
    "all | `altitude`, `height`": [
        read(made(vertical="altitude")),
        read(made(vertical="height")),
        read(
            series({"altitude": 60 - rows()["depth"]}, units={"altitude": "m"}, without=["depth"]),
            "depth_missing", "profile_missing", profiles=(0,),
        ),
        read(series({"depth": -5 - rows()["depth"]}), "depth_sign_flipped"),
    ],
    "all | no depth, pressure in dbar": [
        *(read(made(vertical=unit), "depth_from_pressure") for unit in ("dbar", "MPa", "kPa")),
        read(
            series({"pressure": rows()["depth"]}, units={"pressure": "counts"}, without=["depth"]),
            "depth_unit_unknown", "depth_missing", "profile_missing", profiles=(0,),
        ),
    ],
    "grid | vertical axis of pressure": [read(levels("pressure", "dbar", is_grid=True), "depth_from_pressure")],
    "all | time `<unit> since <reference>`": [
        *(read(made(time="seconds since 1970-01-01T00:00:00Z")), read(made(time="days since 0001-01-01"))),
        *(read(made(time="minutes since 2000-01-01")), read(made(time="hours since 1950-01-01 00:00:00 0:00"))),
        refused(series(units={"time": "months since 1970-01-01"}), "no_time"),
        refused(series(about={"time": {"calendar": "noleap"}}), "no_time"),
    ],
    "all | single times of 1970": [
        read(made(change=lambda layout: layout.repeat(5, is_bad_time=True)), "time_out_of_range"),
        refused(series({"time": rows()["time"] - 1024 * 7 * DAY_S}), "time_out_of_range"),
    ],
    "all | profiles of tests before the deployment": [
        read(made(change=lambda layout: layout.precede(10, days=3)), "time_before_deployment"),
    ],
    "NetCDF | `scale_factor`, `add_offset`": [
        read(made(vertical=vertical)) for vertical in ("packed i4", "packed unsigned", "missing_value")
    ],
    "all | `valid_min`, `valid_max`": [
        read(
            series({"salinity": changed("depth", [3, 4], 55) + 7}, about={"salinity": {"valid_max": 58.0}}),
            "value_out_of_range",
        ),
        read(series({"salinity": SALINITY}, about={"salinity": {"valid_max": 1.0}}), "valid_range_ignored"),
    ],
    "all | undeclared fill values": [
        read(series({"salinity": np.where(np.arange(COUNT) == 3, -999.0, SALINITY)}), "fill_undeclared"),
        read(made(vertical="undeclared 9999", holes=True), "depth_invalid", "position_missing"),
        read(made(position="undeclared", holes=True), "position_fill", "position_missing"),
    ],
    "all | numbers of 1e19 or more": [
        read(series({"salinity": np.where(np.arange(COUNT) == 3, 1e39, SALINITY)}), "value_invalid"),
    ],
    "all | positions in radians": [
        read(made(position="radians")),
        refused(series(units={"longitude": "m"}), "position_not_degrees"),
    ],
    "all | one position far from the others": [
        read(series({"longitude": changed("longitude", [2], 17.0)}), "position_outlier"),
    ],
    "all | `profile_number`, `profile_index`": [
        *(read(made(numbers=numbers)) for numbers in ("from one", "NaN between", "halves", "gaps", "nanoseconds")),
        read(made(numbers="from zero"), "profile_number_from_zero"),
        read(made(numbers="again"), "profile_number_repeated"),
    ],
    "all | variables with quality flags": [
        read(series({"temperature_qc": flags(4)}), "value_flagged"),
        read(series({"depth_qc": flags(4)}), "depth_flagged"),
        read(series({"position_qc": flags(4)}), "position_flagged"),
        read(series({"time_qc": flags(4)}), "time_flagged"),
        read(series({"temperature_flag": flags(4)}), "flag_unknown"),
    ],
    "EGO | `PHASE`": [read(made(numbers="EGO phases"))],
    "OG1.0 | `PHASE`": [read(made(numbers="OG1 phases")), read(made(numbers="directions"))],
    "all | neither numbers nor phases": [read(made(numbers="none"), "profile_number_missing")],
    "all | a glider without a profile": [
        read(
            series(without=["depth"]), "profile_missing", "depth_missing", profiles=(0,)
        ),
        read(
            series({"depth": np.zeros(COUNT)}, without=WITHOUT_NUMBERS), "profile_missing", "profile_number_missing",
            profiles=(0,),
        ),
    ],
}  # fmt: skip
