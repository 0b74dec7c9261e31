"""Settings: defaults, validation, secrets from files."""

from pathlib import Path

import pytest

from app.config import SettingsError, load


def test_defaults_make_a_valid_production_setup() -> None:
    settings = load()
    assert settings.environment == "production"
    assert settings.ready_requires == frozenset()


def test_every_problem_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_WORKERS", "many")
    monkeypatch.setenv("READY_REQUIRES", "mongodb,postgres")
    monkeypatch.setenv("REDIS_URL_FILE", "/nowhere/redis")
    monkeypatch.setenv("HALOCLINE_FAULT_DELAY_S", "2")
    with pytest.raises(SettingsError) as refused:
        load()
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "REDIS_URL_FILE",
        "READY_REQUIRES",
        "HALOCLINE_FAULT_DELAY_S",
        "WEB_WORKERS",
    ]


@pytest.mark.parametrize("environment", ["production", "development", "test"])
@pytest.mark.parametrize("name", ["HALOCLINE_FAULT_DELAY_S", "HALOCLINE_FAULT_ERROR_RATIO"])
def test_faults_are_refused_outside_the_lab(monkeypatch: pytest.MonkeyPatch, environment: str, name: str) -> None:
    monkeypatch.setenv("HALOCLINE_ENVIRONMENT", environment)
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=name):
        load()


def test_faults_are_accepted_in_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOCLINE_ENVIRONMENT", "lab")
    monkeypatch.setenv("HALOCLINE_FAULT_ERROR_RATIO", "0.5")
    assert load().fault_error_ratio == 0.5


def test_a_secret_from_a_file_beats_a_default_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "uri"
    secret.write_text("mongodb://user:word@db:27017\n")
    monkeypatch.setenv("MONGODB_URI_FILE", str(secret))
    # A default from a ConfigMap beside it, as in the cluster.
    monkeypatch.setenv("MONGODB_URI", "mongodb://default:27017")
    assert load().mongodb_uri == "mongodb://user:word@db:27017"


def test_a_thread_must_be_left_for_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_THREADS", "8")
    monkeypatch.setenv("WEB_CONCURRENCY_LIMIT", "8")
    with pytest.raises(SettingsError, match="WEB_CONCURRENCY_LIMIT"):
        load()


def test_a_time_without_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOCLINE_ACCEPT_FROM", "2001-02-03T00:00:00")
    assert load().accept_from.isoformat() == "2001-02-03T00:00:00+00:00"


@pytest.mark.parametrize("uri", ["mongodb://web:s3/cret@mongodb:27017/", "mongodb://web:s3cret@mongodb:port/"])
def test_an_invalid_uri_of_mongodb_is_one_line_without_the_password(uri: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(mongodb_uri=uri)

    assert str(raised.value) == (
        "MONGODB_URI: is not a MongoDB URI; special characters of a password are escaped, / as %2F"
    )


@pytest.mark.parametrize("sources", ["*", "'none'", "'self' https://*.example.org http://localhost:8080"])
def test_sites_that_may_show_pages_in_frames_are_sources_of_the_policy(sources: str) -> None:
    assert load(HALOCLINE_EMBED_ANCESTORS=sources).embed_ancestors == sources


@pytest.mark.parametrize(
    "sources", ["example.org", "https://a.example; script-src *", "https://a.example *", "'none' *"]
)
def test_other_texts_about_frames_are_refused(sources: str) -> None:
    with pytest.raises(SettingsError, match="HALOCLINE_EMBED_ANCESTORS"):
        load(HALOCLINE_EMBED_ANCESTORS=sources)


@pytest.mark.parametrize("name", ["HALOCLINE_LIVE_EVENTS", "HALOCLINE_LIVE_UPDATES"])
def test_live_events_have_a_name_and_a_former_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert not load().has_live_events
    monkeypatch.setenv(name, "true")
    assert load().has_live_events
