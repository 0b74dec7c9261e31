"""How to cite a mission."""

from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import links
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters
from app.api.v1.responses import file
from app.domain import citations
from app.http import public_url
from app.queries import missions, platforms

bp = Blueprint("citation", __name__)

_TEXT, _BIBTEX, _RIS = "text/plain", "application/x-bibtex", "application/x-research-info-systems"


class CitationQuery(Parameters):
    """How to write it."""

    format: Literal["text", "bibtex", "ris"] = Field(
        "text", description="`text`, a sentence; `bibtex`; or `ris`, which reference managers read."
    )


@bp.get("/missions/<platform>/<mission>/citation")
@documented(None, "missions", CitationQuery, mimetype=_TEXT, also=[_BIBTEX, _RIS], may_be_missing=True)
def one(platform: str, mission: str, query: CitationQuery) -> Response:
    """How to cite a mission as it stands: who, when, what, which version, where.

    The key of the entry is the same for every version. When it was accessed is for the reader to add.
    """
    found = missions.find(platform, mission)
    page = public_url.root() + links.mission(found.platform, found.mission)["html"]
    cited = citations.of(found, platforms.named([found.platform]).get(found.platform), page)
    name = f"{found.platform}_{found.mission}"
    if query.format == "bibtex":
        return file(citations.bibtex(cited).encode(), _BIBTEX, f"{name}.bib")
    if query.format == "ris":
        return file(citations.ris(cited).encode(), _RIS, f"{name}.ris")
    return file(f"{citations.sentence(cited)}\n".encode(), f"{_TEXT}; charset=utf-8", f"{name}.txt")
