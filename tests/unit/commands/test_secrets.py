"""`halocline secrets`: errors of its input. The passwords themselves are tested on real servers."""

import base64
import json
from typing import Any

import pytest
from click.testing import CliRunner

from app import cli, errors


def _created() -> dict[str, Any]:
    return json.loads(CliRunner().invoke(cli.cli, ["secrets", "create"]).stdout)


def _stored(secrets: dict[str, Any]) -> dict[str, Any]:
    """As the cluster returns them."""
    for item in secrets["items"]:
        texts = item.pop("stringData")
        item["data"] = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    return secrets


def _rotated(stdin: object) -> str:
    text = stdin if isinstance(stdin, str) else json.dumps(stdin)
    with pytest.raises(errors.Invalid) as raised:
        CliRunner().invoke(cli.cli, ["secrets", "rotate"], input=text, catch_exceptions=False)
    return str(raised.value)


def test_each_run_makes_other_passwords() -> None:
    first, second = _created(), _created()

    assert [item["metadata"]["name"] for item in first["items"]] == [
        "mongodb-keyfile", "mongodb-users", "mongodb-web", "mongodb-ingest", "mongodb-upload", "mongodb-admin",
        "mongodb-backup", "redis", "redis-broker",
    ]  # fmt: skip
    assert all(
        first["items"][number]["stringData"] != second["items"][number]["stringData"]
        for number in range(len(first["items"]))
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"items": [1]}', '{"items": [{"metadata": {}}]}'])
def test_input_that_is_no_list_of_secrets_is_refused(text: str) -> None:
    assert _rotated(text) == "standard input: is not the output of `kubectl get secrets --output=json`"


def test_a_missing_secret_is_named() -> None:
    stored = _stored(_created())
    stored["items"] = [item for item in stored["items"] if item["metadata"]["name"] != "mongodb-web"]

    assert _rotated(stored) == "standard input: has no Secret mongodb-web; `halocline secrets create` makes it"


@pytest.mark.parametrize(
    ("name", "key", "text", "message"),
    [
        ("mongodb-web", "uri", "mongodb://other:pw@mongodb/", "does not use a user web-a or web-b of mongodb-users"),
        ("mongodb-users", "users.json", "no JSON", "users.json contains no list of users"),
        ("redis", "url", "redis://halocline:other@redis:6379/0", "url has neither password of passwords.json"),
        ("redis", "passwords.json", "[]", "passwords.json has no passwords a and b"),
        ("redis-broker", "passwords.json", "[]", "passwords.json has no passwords a and b of each user"),
        (
            "redis-broker",
            "metrics-url",
            "redis://metrics:other@redis-broker/0",
            "metrics-url has neither password of passwords.json",
        ),
    ],
)
def test_a_secret_that_was_changed_by_hand_is_named(name: str, key: str, text: str, message: str) -> None:
    stored = _stored(_created())
    for item in stored["items"]:
        if item["metadata"]["name"] == name:
            item["data"][key] = base64.b64encode(text.encode()).decode()

    assert _rotated(stored) == f"Secret {name}: {message}"


def test_a_value_that_is_no_text_is_named() -> None:
    stored = _stored(_created())
    stored["items"][0]["data"]["keyfile"] = "not base64"

    assert _rotated(stored) == "Secret mongodb-keyfile: has no text in the key keyfile"


def _rotate(stored: dict[str, Any]) -> dict[str, dict[str, str]]:
    result = CliRunner().invoke(cli.cli, ["secrets", "rotate"], input=json.dumps(stored), catch_exceptions=False)
    return {item["metadata"]["name"]: item["stringData"] for item in json.loads(result.stdout)["items"]}


def test_a_rotation_puts_the_other_password_of_each_user_of_the_broker_to_use() -> None:
    created = _created()
    before = created["items"][-1]["stringData"]

    after = _rotate(_stored(created))["redis-broker"]

    passwords = {user: json.loads(texts["passwords.json"])[user] for user, texts in
                 (("halocline", before), ("metrics", before))}  # fmt: skip
    rotated = json.loads(after["passwords.json"])
    assert {user: rotated[user]["a"] for user in rotated} == {user: each["a"] for user, each in passwords.items()}
    assert after["url"] == f"redis://halocline:{rotated['halocline']['b']}@redis-broker:6379/0"
    assert rotated["metrics"]["b"] != passwords["metrics"]["b"]


def test_an_installation_without_a_broker_is_rotated_without_one() -> None:
    stored = _stored(_created())
    stored["items"].pop()

    assert "redis-broker" not in _rotate(stored)


def test_a_single_secret_is_created_for_a_release_that_adds_one() -> None:
    result = CliRunner().invoke(cli.cli, ["secrets", "create", "--only", "redis-broker"])
    wrong = CliRunner().invoke(cli.cli, ["secrets", "create", "--only", "other"])

    assert [item["metadata"]["name"] for item in json.loads(result.stdout)["items"]] == ["redis-broker"]
    assert (wrong.exit_code, "there is no Secret other" in wrong.stderr) == (2, True)
