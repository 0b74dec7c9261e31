"""Structured data for dataset search: it has what Google requires of a Dataset, and its text is escaped."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import made_files
from tests.integration.views.conftest import HOSTILE, SUMMER

ImportMission = Callable[..., None]
PAGE = "/missions/sea001/20210629T2053"
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture
def description(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """The only JSON-LD description on a page."""

    def read(path: str = PAGE) -> dict[str, Any]:
        (block,) = BLOCK.findall(client.get(path).text)
        content: dict[str, Any] = json.loads(block)
        return content

    return read


Description = Callable[..., dict[str, Any]]


def test_a_mission_has_what_dataset_search_requires(import_mission: ImportMission, description: Description) -> None:
    import_mission(
        license="https://creativecommons.org/licenses/by/4.0/",
        doi="10.5281/zenodo.1",
        institution="Sea Lab",
        contributor_name="J. Doe",
        contributor_role="PI",
    )
    dataset = description()
    assert (dataset["@context"], dataset["@type"]) == ("https://schema.org/", "Dataset")
    assert dataset["name"].startswith("Glider sea001, mission 20210629T2053, Bornholm Basin")
    assert 50 <= len(dataset["description"]) <= 5000
    assert dataset["url"] == f"http://localhost{PAGE}"
    assert dataset["identifier"] == "https://doi.org/10.5281/zenodo.1"
    assert dataset["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert dataset["creator"] == [
        {"@type": "Person", "name": "J. Doe"},
        {"@type": "Organization", "name": "Sea Lab"},
    ]
    assert dataset["temporalCoverage"] == "2021-06-29T20:53:20Z/2021-06-29T21:16:20Z"
    assert dataset["isAccessibleForFree"] is True
    assert dataset["variableMeasured"][0] == {"@type": "PropertyValue", "name": "temperature", "unitText": "degree_C"}
    assert dataset["spatialCoverage"] == [
        {"@type": "Place", "geo": {"@type": "GeoShape", "box": "55.50000 15.50000 55.50000 15.53000"}}
    ]


def test_every_download_is_described_with_its_media_type(
    import_mission: ImportMission, description: Description, client: FlaskClient
) -> None:
    import_mission()
    downloads = {item["contentUrl"]: item["encodingFormat"] for item in description()["distribution"]}
    assert len(downloads) == 4
    assert {url: client.get(url, buffered=True).mimetype for url in downloads} == downloads


def test_a_box_across_180_degrees_is_split_in_two(import_mission: ImportMission, description: Description) -> None:
    import_mission(rows=made_files.rows(start_s=SUMMER, lon=179.985, lat=-17.0))
    assert [place["geo"]["box"] for place in description()["spatialCoverage"]] == [
        "-17.00000 179.98500 -17.00000 180.00000",
        "-17.00000 -180.00000 -17.00000 -179.98500",
    ]


@pytest.mark.parametrize("licence", ["CC-BY-4.0", "javascript:alert(1)", "https://x y", HOSTILE])
def test_a_licence_that_is_no_url_is_omitted(
    import_mission: ImportMission, description: Description, licence: str
) -> None:
    import_mission(license=licence)
    assert "license" not in description()


def test_text_that_would_end_the_script_element_is_escaped(
    import_mission: ImportMission, description: Description, client: FlaskClient
) -> None:
    import_mission(summary=f"</script><!-- {HOSTILE}", institution="</script>" * 50)
    assert description()["description"].startswith("</script><!--")
    (block,) = BLOCK.findall(client.get(PAGE).text)
    assert "<" not in block


def test_a_long_summary_is_cut_but_not_the_figures(import_mission: ImportMission, description: Description) -> None:
    import_mission(summary="word " * 5000)
    text = description()["description"]
    assert len(text) <= 5000
    assert "4 profiles and 24 samples" in text


def test_the_landing_page_describes_the_catalogue(import_mission: ImportMission, description: Description) -> None:
    import_mission()
    catalog = description("/")
    assert (catalog["@type"], catalog["url"]) == ("DataCatalog", "http://localhost/")
    assert catalog["description"].endswith("Missions: 1; profiles: 4.")
