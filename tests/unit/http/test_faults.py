"""Faults on purpose hit everything but the probes, and only in the lab."""

import pytest
from flask import Flask

from app.config import SettingsError, load
from app.http import faults


def serving(**settings):
    app = Flask(__name__)
    faults.install(app, load(HALOCLINE_ENVIRONMENT="lab", **settings))
    app.add_url_rule("/", view_func=lambda: "well", endpoint="home")
    app.add_url_rule("/livez", view_func=lambda: "well", endpoint="live")
    return app.test_client()


def test_the_set_share_of_requests_fails():
    client = serving(HALOCLINE_FAULT_ERROR_RATIO=1)

    assert client.get("/").status_code == 500


def test_probes_stay_well():
    client = serving(HALOCLINE_FAULT_ERROR_RATIO=1, HALOCLINE_FAULT_DELAY_S=60)

    assert client.get("/livez").status_code == 200


def test_a_request_waits_as_long_as_set(monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(faults.time, "sleep", waited.append)  # type: ignore[attr-defined]
    client = serving(HALOCLINE_FAULT_DELAY_S=3)

    assert client.get("/").status_code == 200
    assert waited == [3]


def test_nothing_set_adds_nothing():
    assert serving().application.before_request_funcs == {}


@pytest.mark.parametrize("fault", ["HALOCLINE_FAULT_ERROR_RATIO", "HALOCLINE_FAULT_DELAY_S"])
def test_elsewhere_they_are_refused_at_boot(fault):
    with pytest.raises(SettingsError, match=fault):
        load(HALOCLINE_ENVIRONMENT="production", **{fault: 0.5})
