"""Injected faults hit every request except probes, and only in the lab."""

import pytest
from flask import Flask

from app.config import SettingsError, load
from app.http import fault_injection


def serving(**settings):
    app = Flask(__name__)
    fault_injection.install(app, load(HALOCLINE_ENVIRONMENT="lab", **settings))
    app.add_url_rule("/", view_func=lambda: "ok", endpoint="home")
    app.add_url_rule("/livez", view_func=lambda: "ok", endpoint="live")
    return app.test_client()


def test_the_configured_ratio_of_requests_fails():
    client = serving(HALOCLINE_FAULT_ERROR_RATIO=1)

    assert client.get("/").status_code == 500


def test_probes_do_not_fail():
    client = serving(HALOCLINE_FAULT_ERROR_RATIO=1, HALOCLINE_FAULT_DELAY_S=60)

    assert client.get("/livez").status_code == 200


def test_a_request_is_delayed_as_configured(monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr("app.http.fault_injection.time.sleep", waited.append)
    client = serving(HALOCLINE_FAULT_DELAY_S=3)

    assert client.get("/").status_code == 200
    assert waited == [3]


def test_without_faults_no_hook_is_registered():
    assert serving().application.before_request_funcs == {}


@pytest.mark.parametrize("fault", ["HALOCLINE_FAULT_ERROR_RATIO", "HALOCLINE_FAULT_DELAY_S"])
def test_outside_the_lab_faults_are_refused(fault):
    with pytest.raises(SettingsError, match=fault):
        load(HALOCLINE_ENVIRONMENT="production", **{fault: 0.5})
