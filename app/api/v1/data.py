"""A mission's samples as CSV, sent while they are read."""

import re

from flask import Blueprint, Response

from app.api.v1 import csv_text, schemas
from app.api.v1.openapi import documented
from app.api.v1.responses import CSV, dumped, stream
from app.queries import missions, profiles

bp = Blueprint("data", __name__)


@bp.get("/missions/<platform>/<mission>/data")
@documented(None, "data", mimetype=CSV, says="CSV: a header line, then a line for each sample.", may_be_missing=True)
def export(platform: str, mission: str) -> Response:
    """A mission's samples as CSV.

    The header names each column as `name (unit)`. Lines end in CR LF, missing values are empty, times are UTC.
    Samples come profile by profile; profile 0 holds what was measured outside every profile.
    """
    found = missions.find(platform, mission)
    lines = csv_text.rows(profiles.samples_of(found), found.variables)
    # The mission changes whenever its samples do, so its resource stands for a body too long to read twice.
    made_of = dumped(schemas.Mission.of(found).model_dump())
    return stream(lines, CSV, made_of, re.sub(r"[^A-Za-z0-9_.-]", "_", f"{found.platform}_{found.mission}.csv"))
