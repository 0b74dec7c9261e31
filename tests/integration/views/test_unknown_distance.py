"""A mission of a glider without profiles: its distance is unknown on pages and in the API, not 0."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests import made_files

ImportMission = Callable[..., None]


def test_the_distance_of_a_glider_without_profiles_is_unknown(
    client: FlaskClient, import_mission: ImportMission
) -> None:
    columns = {name: values for name, values in made_files.rows().items() if name not in ("depth", "profile_index")}
    import_mission("sea001", "20200913T1226", rows=columns)

    page = client.get("/missions/sea001/20200913T1226").text
    body = client.get("/api/v1/missions/sea001/20200913T1226").json

    assert 'data-figure="distance_m" value="">unknown</data>' in page
    assert "Without profiles the distance is unknown." in page
    assert (body["distance_m"], body["profiles"], body["max_depth_m"]) == (None, 0, None)
    assert 'data-sum="distance_m" value="">unknown</data>' in client.get("/missions").text
