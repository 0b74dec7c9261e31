"""`halocline keys` and the authentication of requests by them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, request

from app import errors, extensions
from app.http import problems
from app.queries import api_keys
from app.store import api_keys as stored_keys
from tests.integration.operator.conftest import Run

Done = Callable[..., str]
NOW = datetime.now(UTC)


@pytest.fixture
def secret(done: Done) -> str:
    """The secret of a key of an importer for one provider, valid for ten days."""
    return done("keys", "create", "feed", "--role", "importer", "--provider", "VOTO", "--days", "10").strip()


def key_id(secret: str) -> str:
    return secret.split("_")[1]


def refusal(header: str | None, role: Any = "importer", now: datetime = NOW) -> tuple[str, str]:
    """Return class and text of the error."""
    with pytest.raises(errors.HaloclineError) as raised:
        api_keys.authenticate(header, role, now)
    return type(raised.value).__name__, str(raised.value)


def test_a_key_authenticates_with_its_role_and_provider(secret: str) -> None:
    for header in (f"Bearer {secret}", f"bearer  {secret} "):
        key = api_keys.authenticate(header, "importer", NOW)
        assert (key.name, key.provider, key.actor.label) == ("feed", "VOTO", f"key feed ({key_id(secret)})")


def test_the_secret_is_printed_once_and_stored_nowhere(secret: str, done: Done, halocline: Run) -> None:
    random_part = secret.split("_", 2)[2]
    names = extensions.mongo.db.list_collection_names()
    everything = str([list(extensions.mongo.db[name].find()) for name in names])
    assert random_part not in everything + done("keys", "list") + done("keys", "list", "--json") + done("audit")
    assert halocline("keys", "create", "b", "--role", "importer").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (None, "an API key is required: Authorization: Bearer KEY"),
        ("", "an API key is required: Authorization: Bearer KEY"),
        ("Basic bWU6c2VjcmV0", "Authorization must be: Bearer KEY"),
        ("Bearer", "Authorization must be: Bearer KEY"),
        ("Bearer hlk_000000000000_x", "the API key is wrong"),
        ("Bearer hlk_000000000000_" + "a" * 43, "the API key is wrong"),
        ("Bearer " + "x" * 100_000, "the API key is wrong"),
        ("Bearer hlk_\udcff", "the API key is wrong"),
    ],
)
def test_a_request_without_a_right_key_is_refused(secret: str, header: str | None, text: str) -> None:
    assert refusal(header) == ("Unauthenticated", text)


def test_a_wrong_secret_of_a_known_key_is_refused_like_an_unknown_key(secret: str) -> None:
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert refusal(f"Bearer {wrong}") == ("Unauthenticated", "the API key is wrong")


def test_expired_revoked_and_limited_keys_have_errors_of_their_own(secret: str, done: Done) -> None:
    header = f"Bearer {secret}"
    expires_at = api_keys.authenticate(header, "importer", NOW).expires_at

    assert refusal(header, "operator") == ("Forbidden", "the API key has the role importer, not operator")
    assert refusal(header, now=expires_at) == ("Unauthenticated", f"the API key expired on {expires_at:%Y-%m-%d}")
    assert done("keys", "revoke", key_id(secret), "--reason", "it leaked").startswith("revoked")
    assert refusal(header) == ("Unauthenticated", "the API key was revoked")


def test_an_operator_may_do_what_an_importer_may(done: Done) -> None:
    secret = done("keys", "create", "desk", "--role", "operator").strip()
    assert api_keys.authenticate(f"Bearer {secret}", "importer", NOW).provider is None


def test_the_list_has_state_and_last_use(secret: str, done: Done) -> None:
    key = api_keys.authenticate(f"Bearer {secret}", "importer", NOW)
    moment = datetime(2026, 11, 27, 12, tzinfo=UTC)
    for age_s in (0, 30):
        stored_keys.note_use(key.id, moment - timedelta(seconds=age_s))

    (listed,) = map(json.loads, done("keys", "list", "--json").splitlines())

    assert (listed["state"], listed["last_used_at"], listed["roles"]) == ("valid", "2026-11-27T12:00:00Z", ["importer"])
    assert listed["uses"] == 2
    line = done("keys", "list")
    assert f"{key.id} valid   feed: importer, provider VOTO, until " in line
    assert line.endswith("last used 2026-11-27T12:00Z\n")


def test_creation_and_revocation_are_audited_and_idempotent(
    secret: str, done: Done, halocline: Run, audited: Callable[..., Any]
) -> None:
    outputs = [done("keys", "revoke", key_id(secret)) for _ in range(2)]

    assert [output.split()[0] for output in outputs] == ["revoked", "unchanged"]
    assert audited() == [
        ("create key", key_id(secret), "done", None),
        ("revoke key", key_id(secret), "done", None),
        ("revoke key", key_id(secret), "unchanged", None),
    ]
    assert "there is no key" in str(halocline("keys", "revoke", "000000000000").exception)


def test_two_valid_keys_have_different_names(secret: str, halocline: Run, done: Done) -> None:
    assert "there is a valid key feed" in str(halocline("keys", "create", "feed", "--role", "importer").exception)
    done("keys", "revoke", key_id(secret))
    assert done("keys", "create", "feed", "--role", "importer").startswith("hlk_")


@pytest.mark.parametrize("arguments", [("x",), ("x", "--role", "admin"), ("", "--role", "importer")])
def test_wrong_usage_is_status_2(halocline: Run, arguments: tuple[str, ...]) -> None:
    assert halocline("keys", "create", *arguments).exit_code == 2


def test_an_endpoint_answers_401_and_403(secret: str) -> None:
    app = Flask(__name__)
    problems.install(app)

    @app.get("/api/v1/<role>")
    def endpoint(role: Any) -> str:
        return api_keys.authenticate(request.headers.get("Authorization"), role, NOW).name

    client = app.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    answers = [client.get("/api/v1/importer"), client.get("/api/v1/operator", headers=headers)]

    assert [answer.status_code for answer in answers] == [401, 403]
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert client.get("/api/v1/importer", headers=headers).text == "feed"
