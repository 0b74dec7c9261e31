"""The portal of `make dev` has the debug toolbar; the portal of production has neither the toolbar nor its policy."""

import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.test import Client

from app import create_app, extensions, portal
from app.cache.worker import WorkerCache
from app.config import load
from app.http.headers import CONTENT_SECURITY_POLICY
from app.localdev import dev, development, reloading
from app.localdev.errors import LocalDevError

TOOLBAR = 'id="flDebug"'


def settings_of(environment):
    return load(HALOCLINE_ENVIRONMENT=environment)


@pytest.fixture(autouse=True)
def _unbound():
    """The applications of this module never connect; what they bind must not reach other tests."""
    yield
    extensions.mongo.close()
    extensions.redis.close()


def page_of(app):
    """The page for an unknown path, which needs no database."""
    return app.test_client().get("/nothing")


def test_pages_of_make_dev_have_the_toolbar_and_allow_its_inline_code():
    page = page_of(development.create(settings_of("development")))

    assert TOOLBAR in page.text
    assert page.headers["Content-Security-Policy"] == (
        f"{CONTENT_SECURITY_POLICY}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
    )


def test_only_pages_allow_inline_code():
    response = development.create(settings_of("development")).test_client().get("/api/v1/nothing")

    assert response.mimetype == "application/problem+json"
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_make_dev_has_no_page_cache_and_reloads_templates():
    settings = settings_of("development")
    app = development.create(settings)

    page_cache = portal.of(app).page_cache
    assert settings.page_cache_bytes > 0
    assert isinstance(page_cache, WorkerCache)
    assert page_cache.is_enabled is False
    assert app.jinja_env.auto_reload is True


def test_each_application_has_a_secret_key_of_its_own():
    keys = {development.create(settings_of("development")).secret_key for _ in range(2)}

    assert [len(key) for key in keys] == [64, 64]


@pytest.mark.parametrize("environment", ["production", "lab", "test"])
def test_other_environments_refuse_the_toolbar(environment, tmp_path):
    with pytest.raises(LocalDevError, match=f"^HALOCLINE_ENVIRONMENT is {environment}: it must be development"):
        development.create(settings_of(environment))
    with pytest.raises(LocalDevError, match=f"^HALOCLINE_ENVIRONMENT is {environment}: unset it"):
        dev.run(settings_of(environment), tmp_path)


@pytest.mark.parametrize("environment", ["production", "development"])
def test_the_application_of_the_image_has_the_strict_policy_and_no_toolbar(environment):
    page = page_of(create_app(settings_of(environment)))

    assert TOOLBAR not in page.text
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_a_web_worker_never_imports_the_toolbar(monkeypatch):
    monkeypatch.setenv("HALOCLINE_PUBLIC_URL", "https://ocean.example/")
    code = (
        "import sys, app.wsgi; print([m for m in sys.modules if m.startswith(('flask_debugtoolbar', 'app.localdev'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_profile_of_each_request_is_written_without_the_toolbar(tmp_path):
    page = page_of(development.create(settings_of("development"), tmp_path / "profiles"))

    assert [path.name.split(".")[:2] for path in (tmp_path / "profiles").iterdir()] == [["GET", "nothing"]]
    assert TOOLBAR not in page.text
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_code_that_fails_answers_500_and_its_error_is_printed(monkeypatch, capsys):
    monkeypatch.setenv("WEB_THREADS", "many")

    response = Client(reloading._application(None)).get("/")

    assert (response.status_code, response.mimetype) == (500, "text/plain")
    assert "The terminal shows the error" in response.text
    assert "SettingsError: WEB_THREADS" in capsys.readouterr().err


def test_only_developers_install_the_toolbar():
    roles = Path(__file__).parents[3].glob("requirements/*.txt")

    assert [path.name for path in roles if "flask-debugtoolbar" in path.read_text("utf-8")] == ["dev.txt"]
