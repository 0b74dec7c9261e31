"""Citations of missions."""

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
    """The format of the citation."""

    format: Literal["text", "bibtex", "ris"] = Field(
        "text", description="`text`, `bibtex`, or `ris` for reference managers."
    )


@bp.get("/missions/<platform>/<mission>/citation")
@documented(None, "missions", CitationQuery, mimetype=_TEXT, also=[_BIBTEX, _RIS], of_mission=True)
def one(platform: str, mission: str, query: CitationQuery) -> Response:
    """The citation of a mission: authors, year, title, version and address.

    The key of the entry is the same for all versions. The date of access has to be added.
    """
    cited = missions.find(platform, mission)
    page = public_url.root() + links.mission(cited.platform, cited.mission)["html"]
    citation = citations.of(cited, platforms.named([cited.platform]).get(cited.platform), page)
    name = f"{cited.platform}_{cited.mission}"
    if query.format == "bibtex":
        return file(citations.bibtex(citation).encode(), _BIBTEX, f"{name}.bib")
    if query.format == "ris":
        return file(citations.ris(citation).encode(), _RIS, f"{name}.ris")
    return file(f"{citations.sentence(citation)}\n".encode(), _TEXT, f"{name}.txt")
