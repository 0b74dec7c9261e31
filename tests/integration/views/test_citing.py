"""Citing a mission: what a program of somebody else's reads in it, whatever the file says."""

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

TakeIn = Callable[..., None]
OWN = "/api/v1/missions/sea001/20210629T2053/citation"
PAGE = "/missions/sea001/20210629T2053"
INSTITUTION = 'Söder & "Öst" 100 % of C:\\sea_data #1 and Co., $x2$ ~'


@pytest.fixture
def bibtex(client: FlaskClient) -> Callable[[], dict[str, str]]:
    """The fields of the only entry, decoded by a library that is not ours, its key and type among them."""

    def read() -> dict[str, str]:
        answer = client.get(f"{OWN}?format=bibtex")
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
        answer = client.get(f"{OWN}?format=ris")
        assert answer.mimetype == "application/x-research-info-systems"
        return [(line[:2], line[6:]) for line in answer.text.removesuffix("\r\n").split("\r\n")]

    return read


def test_a_citation_names_who_when_what_and_where(
    take_in: TakeIn, bibtex: Callable[[], dict[str, str]], client: FlaskClient
) -> None:
    take_in(institution="A Marine Institute", doi="https://doi.org/10.5281/zenodo.123", license="CC-BY-4.0", mode="D")
    entry = bibtex()
    assert (entry["type"], entry["key"]) == ("misc", "halocline_sea001_20210629T2053")
    assert entry["author"] == "A Marine Institute"
    assert entry["year"] == "2021"
    assert entry["title"] == ("Glider sea001, mission 20210629T2053, Bornholm Basin, 29 June 2021 to 29 June 2021")
    assert entry["doi"] == "10.5281/zenodo.123"
    assert entry["url"] == f"http://localhost{PAGE}"
    assert entry["note"].startswith(f"Delayed data, version {entry['version']}, imported ")
    assert entry["note"].endswith("licence: CC-BY-4.0")
    text = client.get(OWN).text
    assert text.startswith("A Marine Institute (2021): Glider sea001, mission 20210629T2053")
    assert "https://doi.org/10.5281/zenodo.123. http://localhost/missions/" in text


def test_without_a_name_a_citation_begins_with_its_title(
    take_in: TakeIn,
    bibtex: Callable[[], dict[str, str]],
    ris: Callable[[], list[tuple[str, str]]],
    client: FlaskClient,
) -> None:
    take_in(institution="")
    title = "Glider sea001, mission 20210629T2053, Bornholm Basin, 29 June 2021 to 29 June 2021"
    assert client.get(OWN).text.startswith(f"{title} (2021). Real time data, version ")
    assert "author" not in bibtex()
    assert bibtex()["title"] == title
    assert [tag for tag, _ in ris()][:3] == ["TY", "PY", "TI"]
    assert "creator" not in client.get(PAGE).text


def test_hostile_text_comes_back_as_it_was(take_in: TakeIn, bibtex: Callable[[], dict[str, str]]) -> None:
    take_in(institution=INSTITUTION)
    assert bibtex()["author"] == INSTITUTION


def test_the_braces_of_an_entry_are_balanced_whatever_it_holds(take_in: TakeIn, client: FlaskClient) -> None:
    take_in(institution="}}} @article{x, {{", license="{" * 50)
    text = client.get(f"{OWN}?format=bibtex").text
    assert text.count("{") == text.count("}")
    assert text.count("@misc") == 1
    assert r"author = {{\textbraceright{}\textbraceright{}\textbraceright{} @article\textbraceleft{}x, " in text
    assert len(text.splitlines()) == 9


def test_line_ends_and_marks_in_a_name_cannot_make_lines_of_their_own(
    take_in: TakeIn, ris: Callable[[], list[tuple[str, str]]]
) -> None:
    take_in(
        institution="One\r\nER  - \r\nTY  - BOOK\u2028two\u202e\x07", contributor_name="Doe\tJ.", contributor_role="PI"
    )
    lines = ris()
    assert [tag for tag, _ in lines] == ["TY", "AU", "AU", "PY", "TI", "ET", "UR", "ID", "N1", "ER"]
    assert [value for tag, value in lines if tag == "AU"] == ["Doe J.", "One ER - TY - BOOK two"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("10.5281/zenodo.123", "10.5281/zenodo.123"),
        ("doi:10.5281/zenodo.123", "10.5281/zenodo.123"),
        ("http://dx.doi.org/10.5281/zenodo.123", "10.5281/zenodo.123"),
        ("to be assigned", None),
        ("10.5281/zenodo.123<script>", None),
        ("javascript:10.5281/x", None),
    ],
)
def test_only_a_doi_is_a_doi(
    take_in: TakeIn, bibtex: Callable[[], dict[str, str]], said: str, found: str | None
) -> None:
    take_in(doi=said)
    assert bibtex().get("doi") == found


def test_the_page_shows_what_the_api_gives(take_in: TakeIn, client: FlaskClient) -> None:
    take_in(institution="Sea & Co", citation="Cite me")
    page = client.get(PAGE).text
    assert client.get(OWN).text.strip().replace("&", "&amp;") in page
    assert "<q>Cite me</q>" in page
    assert f'href="{OWN}?format=bibtex"' in page


def test_the_address_is_the_public_one(settings: Settings, db: Database[dict[str, Any]], take_in: TakeIn) -> None:
    take_in()
    app = create_app(settings.model_copy(update={"public_url": HttpUrl("https://ocean.example/")}))
    assert f"https://ocean.example{PAGE}" in app.test_client().get(OWN).text


def test_an_unknown_form_is_refused_by_name(client: FlaskClient, take_in: TakeIn) -> None:
    take_in()
    assert client.get(f"{OWN}?format=endnote").json["errors"][0]["field"] == "format"


def test_a_simulated_mission_is_not_to_be_cited(take_in: TakeIn, client: FlaskClient) -> None:
    take_in(simulated="true")
    page = client.get(PAGE).text
    assert "data-cite" not in page
    assert '<meta name="robots" content="noindex">' in page
    assert "ld+json" not in page
