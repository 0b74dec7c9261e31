"""Citations of a mission, read back with independent parsers, also for hostile attributes."""

from collections.abc import Callable
from typing import Any

import bibtexparser
import pytest
from bibtexparser import middlewares
from flask.testing import FlaskClient
from pydantic import HttpUrl
from pymongo.database import Database

from app import create_app
from app.config import Settings

ImportMission = Callable[..., None]
CITATION = "/api/v1/missions/sea001/20210629T2053/citation"
PAGE = "/missions/sea001/20210629T2053"
INSTITUTION = 'Söder & "Öst" 100 % of C:\\sea_data #1 and Co., $x2$ ~'


@pytest.fixture
def bibtex(client: FlaskClient) -> Callable[[], dict[str, str]]:
    """The fields of the only entry, with its key and type, decoded by a third-party library."""

    def read() -> dict[str, str]:
        answer = client.get(f"{CITATION}?format=bibtex")
        assert answer.mimetype == "application/x-bibtex"
        decoded = [middlewares.LatexDecodingMiddleware()]
        library = bibtexparser.parse_string(answer.text, append_middleware=decoded)  # type: ignore[attr-defined]
        assert library.failed_blocks == []
        (entry,) = library.entries
        return {**{field.key: field.value for field in entry.fields}, "key": entry.key, "type": entry.entry_type}

    return read


@pytest.fixture
def ris(client: FlaskClient) -> Callable[[], list[tuple[str, str]]]:
    """The lines of the entry as (tag, value)."""

    def read() -> list[tuple[str, str]]:
        answer = client.get(f"{CITATION}?format=ris")
        assert answer.mimetype == "application/x-research-info-systems"
        return [(line[:2], line[6:]) for line in answer.text.removesuffix("\r\n").split("\r\n")]

    return read


def test_a_citation_has_author_year_title_and_link(
    import_mission: ImportMission, bibtex: Callable[[], dict[str, str]], client: FlaskClient
) -> None:
    import_mission(
        institution="A Marine Institute", doi="https://doi.org/10.5281/zenodo.123", license="CC-BY-4.0", mode="D"
    )
    entry = bibtex()
    assert (entry["type"], entry["key"]) == ("misc", "halocline_sea001_20210629T2053")
    assert entry["author"] == "A Marine Institute"
    assert entry["year"] == "2021"
    assert entry["title"] == ("Glider sea001, mission 20210629T2053, Bornholm Basin, 29 June 2021 to 29 June 2021")
    assert entry["doi"] == "10.5281/zenodo.123"
    assert entry["url"] == f"http://localhost{PAGE}"
    assert entry["note"].startswith(f"Delayed data, version {entry['version']}, imported ")
    assert entry["note"].endswith("licence: CC-BY-4.0")
    text = client.get(CITATION).text
    assert text.startswith("A Marine Institute (2021): Glider sea001, mission 20210629T2053")
    assert "https://doi.org/10.5281/zenodo.123. http://localhost/missions/" in text


def test_a_citation_without_an_author_begins_with_its_title(
    import_mission: ImportMission,
    bibtex: Callable[[], dict[str, str]],
    ris: Callable[[], list[tuple[str, str]]],
    client: FlaskClient,
) -> None:
    import_mission(institution="")
    title = "Glider sea001, mission 20210629T2053, Bornholm Basin, 29 June 2021 to 29 June 2021"
    assert client.get(CITATION).text.startswith(f"{title} (2021). Real time data, version ")
    assert "author" not in bibtex()
    assert bibtex()["title"] == title
    assert [tag for tag, _ in ris()][:3] == ["TY", "PY", "TI"]
    assert "creator" not in client.get(PAGE).text


def test_special_characters_survive_bibtex(import_mission: ImportMission, bibtex: Callable[[], dict[str, str]]) -> None:
    import_mission(institution=INSTITUTION)
    assert bibtex()["author"] == INSTITUTION


def test_special_characters_of_a_platform_survive_bibtex(
    import_mission: ImportMission, bibtex: Callable[[], dict[str, str]]
) -> None:
    import_mission(platform_name="A & B_1 50 %")
    assert bibtex()["title"].startswith("Glider sea001 A & B_1 50 %, mission ")


def test_the_braces_of_an_entry_are_balanced_for_any_text(import_mission: ImportMission, client: FlaskClient) -> None:
    import_mission(institution="}}} @article{x, {{", license="{" * 50)
    text = client.get(f"{CITATION}?format=bibtex").text
    assert text.count("{") == text.count("}")
    assert text.count("@misc") == 1
    assert r"author = {{\textbraceright{}\textbraceright{}\textbraceright{} @article\textbraceleft{}x, " in text
    assert len(text.splitlines()) == 9


def test_line_ends_in_a_name_do_not_add_lines_to_ris(
    import_mission: ImportMission, ris: Callable[[], list[tuple[str, str]]]
) -> None:
    import_mission(
        institution="One\r\nER  - \r\nTY  - BOOK\u2028two\u202e\x07", contributor_name="Doe\tJ.", contributor_role="PI"
    )
    lines = ris()
    assert [tag for tag, _ in lines] == ["TY", "AU", "AU", "PY", "TI", "ET", "UR", "ID", "N1", "ER"]
    assert [value for tag, value in lines if tag == "AU"] == ["Doe J.", "One ER - TY - BOOK two"]


@pytest.mark.parametrize(
    ("attribute", "doi"),
    [
        ("10.5281/zenodo.123", "10.5281/zenodo.123"),
        ("doi:10.5281/zenodo.123", "10.5281/zenodo.123"),
        ("http://dx.doi.org/10.5281/zenodo.123", "10.5281/zenodo.123"),
        ("to be assigned", None),
        ("10.5281/zenodo.123<script>", None),
        ("javascript:10.5281/x", None),
    ],
)
def test_only_a_valid_doi_is_cited(
    import_mission: ImportMission, bibtex: Callable[[], dict[str, str]], attribute: str, doi: str | None
) -> None:
    import_mission(doi=attribute)
    assert bibtex().get("doi") == doi


def test_the_page_shows_the_citation_of_the_api(import_mission: ImportMission, client: FlaskClient) -> None:
    import_mission(institution="Sea & Co", citation="Cite me")
    page = client.get(PAGE).text
    assert client.get(CITATION).text.strip().replace("&", "&amp;") in page
    assert "<q>Cite me</q>" in page
    assert f'href="{CITATION}?format=bibtex"' in page


def test_a_citation_uses_the_public_url(
    settings: Settings, db: Database[dict[str, Any]], import_mission: ImportMission
) -> None:
    import_mission()
    app = create_app(settings.model_copy(update={"public_url": HttpUrl("https://ocean.example/")}))
    assert f"https://ocean.example{PAGE}" in app.test_client().get(CITATION).text


def test_an_unknown_format_is_refused_and_named(client: FlaskClient, import_mission: ImportMission) -> None:
    import_mission()
    assert client.get(f"{CITATION}?format=endnote").json["errors"][0]["field"] == "format"


def test_a_simulated_mission_has_no_citation(import_mission: ImportMission, client: FlaskClient) -> None:
    import_mission(simulated="true")
    page = client.get(PAGE).text
    assert "data-cite" not in page
    assert '<meta name="robots" content="noindex">' in page
    assert "ld+json" not in page


def test_a_text_names_its_charset_once(client: FlaskClient, import_mission: ImportMission) -> None:
    import_mission()
    answer = client.get(CITATION)
    assert answer.headers.getlist("Content-Type") == ["text/plain; charset=utf-8"]
